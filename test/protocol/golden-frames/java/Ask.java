// Sends requests built by Kafka's generated classes and prints what the answers hold, by the same classes.
// Arguments: host, port, client id. A line in: {"api","version","body"}, the body as Kafka's own JSON form of the
// request. A line out: {"response"} in the same form, or {"error"}. One connection, made anew after it was closed.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.InputStreamReader;
import java.lang.reflect.InvocationTargetException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.MessageUtil;

public class Ask {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static Socket socket;
  private static int correlationId = 0;

  public static void main(String[] args) throws Exception {
    var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line; (line = in.readLine()) != null; ) {
      ObjectNode answer = JSON.createObjectNode();
      try {
        answer.set("response", ask(args, JSON.readTree(line)));
      } catch (Exception error) {
        if (socket != null) socket.close();
        socket = null;
        answer.put("error", String.valueOf(error instanceof InvocationTargetException ? error.getCause() : error));
      }
      System.out.println(answer);
    }
  }

  private static JsonNode ask(String[] args, JsonNode question) throws Exception {
    String name = question.get("api").textValue();
    short version = question.get("version").shortValue();
    Class<?> requestType = Class.forName("org.apache.kafka.common.message." + name + "RequestData");
    var request = (ApiMessage) Class.forName(requestType.getName() + "JsonConverter")
      .getMethod("read", JsonNode.class, short.class)
      .invoke(null, question.get("body"), version);
    ApiMessageType type = ApiMessageType.fromApiKey(request.apiKey());

    var header = new RequestHeaderData()
      .setRequestApiKey(request.apiKey())
      .setRequestApiVersion(version)
      .setClientId(args[2])
      .setCorrelationId(++correlationId);
    byte[] answer = exchange(args, bytes(header, type.requestHeaderVersion(version)), bytes(request, version));

    var reader = new ByteBufferAccessor(ByteBuffer.wrap(answer));
    new ResponseHeaderData().read(reader, type.responseHeaderVersion(version));
    ApiMessage response = type.newResponse();
    response.read(reader, version);
    return (JsonNode) Class.forName(response.getClass().getName() + "JsonConverter")
      .getMethod("write", response.getClass(), short.class)
      .invoke(null, response, version);
  }

  private static byte[] bytes(Message message, short version) {
    return MessageUtil.byteBufferToArray(MessageUtil.toByteBufferAccessor(message, version).buffer());
  }

  private static byte[] exchange(String[] args, byte[] header, byte[] body) throws Exception {
    if (socket == null) {
      socket = new Socket(args[0], Integer.parseInt(args[1]));
      socket.setSoTimeout(30_000);
    }
    var frame = ByteBuffer.allocate(4 + header.length + body.length);
    frame.putInt(header.length + body.length).put(header).put(body);
    new DataOutputStream(socket.getOutputStream()).write(frame.array());
    var in = new DataInputStream(socket.getInputStream());
    return in.readNBytes(in.readInt());
  }
}
