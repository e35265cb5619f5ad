// Writes records with Kafka's Java producer. Arguments: bootstrap servers, topic, name=value producer settings.
// Each line of standard input is a command, its fields parted by tabs; bytes are in base64, null is "-".
//   record <partition or -> <timestamp or -> <key> <value> [<header's name> <header's value>]...
//   flush | begin | commit | abort
// For each record, when it is acknowledged, prints where it is: a line of JSON, in the order of the commands. After
// each other command prints {"done": "<command>"}. Ends with its input.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;

public class WriteRecords {
  private static final List<Future<RecordMetadata>> sent = new ArrayList<>();

  public static void main(String[] args) throws Exception {
    var settings = new Properties();
    settings.put("bootstrap.servers", args[0]);
    for (int i = 2; i < args.length; i++) {
      String[] setting = args[i].split("=", 2);
      settings.put(setting[0], setting[1]);
    }
    var bytes = new ByteArraySerializer();
    var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (var producer = new KafkaProducer<>(settings, bytes, bytes)) {
      if (settings.containsKey("transactional.id")) producer.initTransactions();
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        String[] fields = line.split("\t", -1);
        switch (fields[0]) {
          case "record" -> sent.add(producer.send(record(args[1], fields)));
          case "flush" -> producer.flush();
          case "begin" -> producer.beginTransaction();
          case "commit" -> producer.commitTransaction();
          case "abort" -> {
            // What was not sent yet would be dropped by the abort.
            producer.flush();
            producer.abortTransaction();
          }
          default -> throw new IllegalArgumentException(line);
        }
        if (fields[0].equals("record")) continue;
        printSent();
        System.out.println("{\"done\":\"" + fields[0] + "\"}");
      }
      producer.flush();
      printSent();
    }
  }

  private static void printSent() throws Exception {
    for (var future : sent) {
      RecordMetadata written = future.get();
      System.out.println("{\"partition\":" + written.partition() + ",\"offset\":" + written.offset()
        + ",\"timestamp\":" + written.timestamp() + "}");
    }
    sent.clear();
  }

  private static ProducerRecord<byte[], byte[]> record(String topic, String[] fields) {
    Integer partition = fields[1].equals("-") ? null : Integer.valueOf(fields[1]);
    Long timestamp = fields[2].equals("-") ? null : Long.valueOf(fields[2]);
    var record = new ProducerRecord<>(topic, partition, timestamp, bytes(fields[3]), bytes(fields[4]));
    for (int i = 5; i < fields.length; i += 2) record.headers().add(fields[i], bytes(fields[i + 1]));
    return record;
  }

  private static byte[] bytes(String text) {
    return text.equals("-") ? null : Base64.getDecoder().decode(text);
  }
}
