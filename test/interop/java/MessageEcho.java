import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.protocol.types.RawTaggedField;
import org.apache.kafka.common.protocol.types.Schema;

/**
 * Decodes messages with Kafka's generated classes and sends back what it understood. Frames on standard input and
 * output are a four byte length and that many bytes. In: what it is (UTF): a message's class (without a package, of
 * the APIs' messages), or `request` or `response` and an API's key, for one with its header; the version (short); the
 * bytes. Out: 0; the bytes it encodes to again, and those with tagged fields that nobody knows in every structure
 * (none where the version has no tagged fields), each with its length; and its fields, of header and body apart, as
 * JSON in which every number is a string, a double its bits. Or 1 and the stack trace of what went wrong.
 */
public class MessageEcho {
    private static final JsonMapper JSON =
        JsonMapper.builder().enable(JsonWriteFeature.WRITE_NUMBERS_AS_STRINGS).build();

    /** One generated class's share of the bytes. */
    private record Part(String name, Message message, short version) { }

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
        List<Part> parts = partsOf(new String(name, "UTF-8"), question.getShort());
        ByteBufferAccessor accessor = new ByteBufferAccessor(question);
        for (Part part : parts) {
            part.message.read(accessor, part.version);
            if (!part.message.unknownTaggedFields().isEmpty()) {
                throw new IllegalStateException("unknown tagged fields: " + part.message.unknownTaggedFields());
            }
        }
        if (question.hasRemaining()) throw new IllegalStateException(question.remaining() + " bytes were left unread");
        out.writeByte(0);
        writeWithLength(out, encode(parts));
        byte[] json = JSON.writeValueAsBytes(bitsOfDoubles(json(parts)));
        boolean tagged = false;
        for (Part part : parts) tagged |= addUnknownTags(part);
        writeWithLength(out, tagged ? encode(parts) : new byte[0]);
        out.write(json);
    }

    private static List<Part> partsOf(String name, short version) throws Exception {
        String[] words = name.split(" ");
        if (words.length == 1) {
            String type = name.contains(".") ? name : "org.apache.kafka.common.message." + name;
            return List.of(new Part("", (Message) Class.forName(type).getConstructor().newInstance(), version));
        }
        ApiKeys api = ApiKeys.forId(Integer.parseInt(words[1]));
        boolean isRequest = words[0].equals("request");
        Part header = isRequest
            ? new Part("header", new RequestHeaderData(), api.requestHeaderVersion(version))
            : new Part("header", new ResponseHeaderData(), api.responseHeaderVersion(version));
        Message body = isRequest ? api.messageType.newRequest() : api.messageType.newResponse();
        return List.of(header, new Part("body", body, version));
    }

    private static byte[] encode(List<Part> parts) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (Part part : parts) {
            ByteBuffer encoded = MessageUtil.toByteBufferAccessor(part.message, part.version).buffer();
            bytes.write(encoded.array(), encoded.arrayOffset() + encoded.position(), encoded.remaining());
        }
        return bytes.toByteArray();
    }

    private static void writeWithLength(DataOutputStream out, byte[] bytes) throws IOException {
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    /** False, and nothing is changed, when the version has no tagged fields. */
    private static boolean addUnknownTags(Part part) throws Exception {
        List<RawTaggedField> own = part.message.unknownTaggedFields();
        own.add(new RawTaggedField(1000, new byte[0]));
        try {
            MessageUtil.toByteBufferAccessor(part.message, part.version);
        } catch (UnsupportedVersionException none) {
            own.clear();
            return false;
        }
        own.clear();
        addUnknownTags(part.message, part.version);
        return true;
    }

    private static void addUnknownTags(Object value, short version) throws Exception {
        if (value instanceof Collection<?> elements) {
            for (Object element : elements) addUnknownTags(element, version);
        } else if (value instanceof Message message) {
            // A structure that this version lacks has no schema.
            if (((Schema[]) message.getClass().getField("SCHEMAS").get(null))[version] == null) return;
            message.unknownTaggedFields().add(new RawTaggedField(100, new byte[0]));
            message.unknownTaggedFields().add(new RawTaggedField(1000, new byte[] {1, 2, 3}));
            message.unknownTaggedFields().add(new RawTaggedField(Integer.MAX_VALUE - 1, new byte[200]));
            for (Field field : message.getClass().getDeclaredFields()) {
                if (Modifier.isStatic(field.getModifiers()) || field.getType().isPrimitive()) continue;
                field.setAccessible(true);
                addUnknownTags(field.get(message), version);
            }
        }
    }

    private static JsonNode json(List<Part> parts) throws Exception {
        if (parts.size() == 1) return json(parts.get(0));
        ObjectNode all = JSON.createObjectNode();
        for (Part part : parts) all.set(part.name, json(part));
        return all;
    }

    /** Record bytes are given by their size only. */
    private static JsonNode json(Part part) throws Exception {
        Class<?> type = part.message.getClass();
        return (JsonNode) Class.forName(type.getName() + "JsonConverter")
            .getMethod("write", type, short.class, boolean.class)
            .invoke(null, part.message, part.version, false);
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
}
