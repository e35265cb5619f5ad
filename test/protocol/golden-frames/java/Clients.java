// A life of Kafka's Java producers and consumers, as a recording wants it: every codec, every assignor, transactions
// committed and aborted, refusals too. Compiles on the Java client from 2.8 on.
// Arguments: bootstrap servers, a prefix for client ids, a prefix for topics, groups and transactional ids.
// The topics <prefix>-records (3 partitions) and <prefix>-codecs (5) exist.

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.clients.consumer.RoundRobinAssignor;
import org.apache.kafka.clients.consumer.StickyAssignor;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

public class Clients {
  private static final List<String> CODECS = List.of("none", "gzip", "snappy", "lz4", "zstd");
  private static String servers;
  private static String client;
  private static String records;
  private static String codecs;
  private static String group;

  interface Step {
    void run() throws Exception;
  }

  public static void main(String[] args) {
    servers = args[0];
    client = args[1];
    records = args[2] + "-records";
    codecs = args[2] + "-codecs";
    group = args[2] + "-group";
    step("produce", Clients::produce);
    step("codecs", Clients::produceWithEachCodec);
    step("acks", Clients::produceWithOtherAcks);
    step("too large", Clients::produceTooLarge);
    step("no such topic", Clients::produceToNoTopic);
    step("offsets", Clients::lookUpOffsets);
    step("range", () -> consumeTogether("range", RangeAssignor.class));
    step("round robin", () -> consumeTogether("roundrobin", RoundRobinAssignor.class));
    step("sticky", () -> consumeTogether("sticky", StickyAssignor.class));
    step("cooperative", () -> consumeTogether("cooperative", CooperativeStickyAssignor.class));
    step("static member", Clients::consumeAsStaticMember);
    step("read codecs", Clients::readCodecs);
    step("transaction", Clients::transact);
    step("abort", Clients::abort);
    step("fence", Clients::fence);
    step("read committed", Clients::readCommitted);
  }

  private static void step(String name, Step step) {
    try {
      step.run();
      System.out.println(name + ": done");
    } catch (Exception error) {
      System.out.println(name + ": " + error);
    }
  }

  private static KafkaProducer<String, String> producer(String name, String... settings) {
    var text = new StringSerializer();
    return new KafkaProducer<>(properties(name, settings), text, text);
  }

  private static KafkaConsumer<String, String> consumer(String name, String... settings) {
    var text = new StringDeserializer();
    Properties properties = properties(name, settings);
    properties.putIfAbsent("auto.offset.reset", "earliest");
    properties.putIfAbsent("enable.auto.commit", "false");
    return new KafkaConsumer<>(properties, text, text);
  }

  private static Properties properties(String name, String... settings) {
    var properties = new Properties();
    properties.put("bootstrap.servers", servers);
    properties.put("client.id", client + " " + name);
    for (String setting : settings) {
      String[] pair = setting.split("=", 2);
      properties.put(pair[0], pair[1]);
    }
    return properties;
  }

  private static void produce() throws Exception {
    try (var producer = producer("producer", "acks=all", "enable.idempotence=true")) {
      var record = new ProducerRecord<>(records, 0, 1_700_000_000_000L, "key", "value");
      record.headers().add("header", "of the record".getBytes(StandardCharsets.UTF_8)).add("null", null);
      producer.send(record).get();
      producer.send(new ProducerRecord<>(records, 1, 1_700_000_000_001L, "deleted", (String) null)).get();
      producer.send(new ProducerRecord<>(records, 2, 1_700_000_000_002L, null, "")).get();
    }
  }

  private static void produceWithEachCodec() throws Exception {
    for (int i = 0; i < CODECS.size(); i++) {
      String codec = CODECS.get(i);
      try (var producer = producer("producer", "compression.type=" + codec, "linger.ms=200")) {
        for (int n = 0; n < 3; n++) {
          producer.send(new ProducerRecord<>(codecs, i, 1_700_000_000_000L + n, "k" + n, (codec + " ").repeat(10) + n));
        }
        producer.flush();
      }
    }
  }

  private static void produceWithOtherAcks() throws Exception {
    for (String acks : List.of("0", "1")) {
      try (var producer = producer("producer", "acks=" + acks, "enable.idempotence=false")) {
        producer.send(new ProducerRecord<>(records, 0, 1_700_000_000_003L, "acks", acks)).get();
      }
    }
  }

  private static void produceTooLarge() throws Exception {
    try (var producer = producer("producer", "acks=1", "enable.idempotence=false", "max.request.size=4000000")) {
      // The topic takes batches of 1000 bytes.
      producer.send(new ProducerRecord<>(codecs, 0, null, "x".repeat(1500))).get();
    }
  }

  private static void produceToNoTopic() throws Exception {
    try (var producer = producer("producer", "max.block.ms=500")) {
      producer.send(new ProducerRecord<>("not a topic", "value")).get();
    }
  }

  private static void lookUpOffsets() {
    try (var consumer = consumer("reader")) {
      List<TopicPartition> partitions = partitions(records, 3);
      consumer.listTopics();
      consumer.partitionsFor(records);
      consumer.beginningOffsets(partitions);
      consumer.endOffsets(partitions);
      consumer.offsetsForTimes(Map.of(partitions.get(0), 1_700_000_000_000L, partitions.get(1), 2_000_000_000_000L));
    }
  }

  private static void consumeTogether(String name, Class<?> assignor) {
    String strategy = "partition.assignment.strategy=" + assignor.getName();
    String groupId = "group.id=" + group + "-" + name;
    try (var one = consumer("member", groupId, strategy); var two = consumer("member", groupId, strategy)) {
      one.subscribe(List.of(records));
      pollUntilAssigned(one, 3, null);
      two.subscribe(List.of(records));
      pollUntilAssigned(two, 1, one);
      one.commitSync(Map.of(
        new TopicPartition(records, 0), new OffsetAndMetadata(1, "by " + name)), Duration.ofSeconds(10));
      one.commitAsync();
      two.commitSync();
      two.committed(Set.copyOf(partitions(records, 3)));
      one.enforceRebalance();
      for (int i = 0; i < 5; i++) {
        one.poll(Duration.ofMillis(50));
        two.poll(Duration.ofMillis(50));
      }
    }
  }

  private static void pollUntilAssigned(
    KafkaConsumer<?, ?> consumer, int atLeast, KafkaConsumer<?, ?> other
  ) {
    long deadline = System.currentTimeMillis() + 15_000;
    while (consumer.assignment().size() < atLeast && System.currentTimeMillis() < deadline) {
      consumer.poll(Duration.ofMillis(50));
      if (other != null) other.poll(Duration.ofMillis(50));
    }
  }

  private static void consumeAsStaticMember() {
    try (var consumer = consumer("static member", "group.id=" + group + "-static", "group.instance.id=instance-1",
      "heartbeat.interval.ms=100", "client.rack=rack-a")) {
      consumer.subscribe(List.of(records));
      pollUntilAssigned(consumer, 3, null);
      for (int i = 0; i < 10; i++) consumer.poll(Duration.ofMillis(50));
      consumer.commitSync();
    }
  }

  private static void readCodecs() {
    for (int i = 0; i < CODECS.size(); i++) {
      // Small fetches, one partition at a time; the second poll is in the session that the first one opened.
      try (var consumer = consumer("reader", "fetch.max.wait.ms=100", "max.partition.fetch.bytes=5000")) {
        consumer.assign(List.of(new TopicPartition(codecs, i)));
        consumer.seekToBeginning(consumer.assignment());
        for (int n = 0; n < 5; n++) consumer.poll(Duration.ofMillis(100));
      }
    }
    try (var consumer = consumer("reader", "auto.offset.reset=none")) {
      consumer.assign(List.of(new TopicPartition(records, 0)));
      consumer.seek(new TopicPartition(records, 0), 1_000_000);
      consumer.poll(Duration.ofMillis(500));
    }
  }

  private static void transact() {
    try (var producer = producer("transactional producer", "transactional.id=" + group + "-tx")) {
      producer.initTransactions();
      producer.beginTransaction();
      producer.send(new ProducerRecord<>(records, 0, 1_700_000_000_004L, "committed", "in a transaction"));
      producer.send(new ProducerRecord<>(records, 1, 1_700_000_000_005L, "committed", "in a transaction"));
      var offsets = Map.of(new TopicPartition(records, 0), new OffsetAndMetadata(1, "in a transaction"));
      producer.sendOffsetsToTransaction(offsets, new ConsumerGroupMetadata(group + "-transactional"));
      producer.commitTransaction();
    }
  }

  private static void abort() {
    try (var producer = producer("transactional producer", "transactional.id=" + group + "-tx")) {
      producer.initTransactions();
      producer.beginTransaction();
      producer.send(new ProducerRecord<>(records, 0, 1_700_000_000_006L, "aborted", "never seen"));
      producer.flush();
      producer.abortTransaction();
    }
  }

  private static void fence() {
    try (var older = producer("transactional producer", "transactional.id=" + group + "-fenced");
         var newer = producer("transactional producer", "transactional.id=" + group + "-fenced")) {
      older.initTransactions();
      older.beginTransaction();
      older.send(new ProducerRecord<>(records, 2, 1_700_000_000_007L, "fenced", "older"));
      older.flush();
      newer.initTransactions();
      older.send(new ProducerRecord<>(records, 2, 1_700_000_000_008L, "fenced", "too late"));
      older.commitTransaction();
    }
  }

  private static void readCommitted() {
    var read = new ArrayList<String>();
    try (var consumer = consumer("reader", "isolation.level=read_committed", "fetch.max.wait.ms=100")) {
      consumer.assign(partitions(records, 3));
      consumer.seekToBeginning(consumer.assignment());
      for (int i = 0; i < 10; i++) consumer.poll(Duration.ofMillis(100)).forEach(record -> read.add(record.value()));
      consumer.endOffsets(partitions(records, 3));
    }
    if (read.contains("never seen")) throw new IllegalStateException("an aborted record was read");
  }

  private static List<TopicPartition> partitions(String topic, int count) {
    var partitions = new ArrayList<TopicPartition>();
    for (int i = 0; i < count; i++) partitions.add(new TopicPartition(topic, i));
    return partitions;
  }
}
