import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.LongNode;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.MessageUtil;

/**
 * Decodes messages with Kafka's generated classes and sends back what it understood. Frames on standard input and
 * output are a four byte length and that many bytes. In: the message's class (UTF; a name without a package is that of
 * an API's message), its version (short), its bytes. Out: 0, the bytes it encodes to again (length and content), and
 * its fields as JSON in which every number is a string, a double its bits; or 1 and the stack trace of what went wrong.
 */
public class MessageEcho {
    private static final JsonMapper JSON =
        JsonMapper.builder().enable(JsonWriteFeature.WRITE_NUMBERS_AS_STRINGS).build();

    public static void main(String[] args) throws Exception {
        DataInputStream in = new DataInputStream(new BufferedInputStream(System.in));
        DataOutputStream out = new DataOutputStream(new BufferedOutputStream(System.out));
        while (true) {
            int length = in.read();
            if (length == -1) return;
            length = length << 24 | in.readUnsignedByte() << 16 | in.readUnsignedShort();
            byte[] answer = answer(in.readNBytes(length));
            out.writeInt(answer.length);
            out.write(answer);
            if (in.available() == 0) out.flush();
        }
    }

    private static byte[] answer(byte[] question) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            echo(ByteBuffer.wrap(question), new DataOutputStream(bytes));
        } catch (Throwable error) {
            StringWriter trace = new StringWriter();
            error.printStackTrace(new PrintWriter(trace));
            bytes.reset();
            bytes.write(1);
            bytes.write(trace.toString().getBytes("UTF-8"));
        }
        return bytes.toByteArray();
    }

    private static void echo(ByteBuffer question, DataOutputStream out) throws Exception {
        byte[] name = new byte[question.getShort()];
        question.get(name);
        Class<?> type = typeOf(new String(name, "UTF-8"));
        short version = question.getShort();
        Message message = (Message) type.getConstructor().newInstance();
        message.read(new ByteBufferAccessor(question), version);
        if (question.hasRemaining()) throw new IllegalStateException(question.remaining() + " bytes were left unread");
        if (!message.unknownTaggedFields().isEmpty()) {
            throw new IllegalStateException("unknown tagged fields: " + message.unknownTaggedFields());
        }
        ByteBuffer encoded = MessageUtil.toByteBufferAccessor(message, version).buffer();
        out.writeByte(0);
        out.writeInt(encoded.remaining());
        out.write(encoded.array(), encoded.arrayOffset() + encoded.position(), encoded.remaining());
        out.write(JSON.writeValueAsBytes(bitsOfDoubles(json(type, message, version))));
    }

    private static Class<?> typeOf(String name) throws ClassNotFoundException {
        return Class.forName(name.contains(".") ? name : "org.apache.kafka.common.message." + name);
    }

    /** Java and JavaScript print a double in different ways. */
    private static JsonNode bitsOfDoubles(JsonNode node) {
        if (node.isDouble()) return LongNode.valueOf(Double.doubleToRawLongBits(node.doubleValue()));
        if (node.isObject()) node.fields().forEachRemaining(field -> field.setValue(bitsOfDoubles(field.getValue())));
        if (node.isArray()) {
            for (int i = 0; i < node.size(); i++) ((ArrayNode) node).set(i, bitsOfDoubles(node.get(i)));
        }
        return node;
    }

    /** Record bytes are given by their size only. */
    private static JsonNode json(Class<?> type, Message message, short version) throws Exception {
        return (JsonNode) Class.forName(type.getName() + "JsonConverter")
            .getMethod("write", type, short.class, boolean.class)
            .invoke(null, message, version, false);
    }
}
