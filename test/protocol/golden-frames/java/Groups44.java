// The groups whose coordinator assigns, by Kafka's Java clients 4.4: consumers of the next generation protocol
// (KIP-848), share consumers (KIP-932), and what the Admin does about them and about Streams groups (KIP-1071).
// Arguments: bootstrap servers, client id, the prefix of topics and groups. The topic <prefix>-records exists.

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsSpec;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.consumer.SubscriptionPattern;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringDeserializer;

public class Groups44 {
  interface Step {
    void run() throws Exception;
  }

  private static String servers;
  private static String client;
  private static String records;
  private static String group;

  public static void main(String[] args) {
    servers = args[0];
    client = args[1];
    records = args[2] + "-records";
    group = args[2] + "-group";
    step("consumers", Groups44::consume);
    step("share consumers", Groups44::share);
    try (var admin = Admin.create(properties("admin"))) {
      step("list groups", () -> admin.listGroups(new ListGroupsOptions().withTypes(Set.of(GroupType.CONSUMER))).all().get());
      step("list share groups", () -> admin.listGroups(ListGroupsOptions.forShareGroups()).all().get());
      step("describe", () -> admin.describeConsumerGroups(List.of(group + "-848")).all().get());
      step("describe share", () -> admin.describeShareGroups(List.of(group + "-share")).all().get());
      step("share offsets", () -> admin.listShareGroupOffsets(Map.of(group + "-share", new ListShareGroupOffsetsSpec())).all().get());
      step("alter share offsets", () -> admin.alterShareGroupOffsets(group + "-share",
        Map.of(new TopicPartition(records, 0), 1L)).all().get());
      step("delete share offsets", () -> admin.deleteShareGroupOffsets(group + "-share", Set.of(records)).all().get());
      step("delete share group", () -> admin.deleteShareGroups(List.of(group + "-share")).all().get());
      step("describe streams", () -> admin.describeStreamsGroups(List.of("no group")).all().get());
      step("config resources", () -> admin.listConfigResources().all().get());
    }
  }

  private static void step(String name, Step step) {
    try {
      step.run();
      System.out.println(name + ": done");
    } catch (Exception error) {
      System.out.println(name + ": " + (error.getCause() == null ? error : error.getCause()));
    }
  }

  private static Properties properties(String name) {
    var properties = new Properties();
    properties.put("bootstrap.servers", servers);
    properties.put("client.id", client + " " + name);
    return properties;
  }

  private static KafkaConsumer<String, String> consumer(String... settings) {
    var properties = properties("member");
    properties.put("group.id", group + "-848");
    properties.put("group.protocol", "consumer");
    properties.put("auto.offset.reset", "earliest");
    for (int i = 0; i < settings.length; i += 2) properties.put(settings[i], settings[i + 1]);
    return new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer());
  }

  private static void consume() throws Exception {
    try (var one = consumer("group.remote.assignor", "uniform");
         var two = consumer("group.instance.id", "instance-1", "client.rack", "rack-a")) {
      one.subscribe(List.of(records));
      while (one.assignment().size() < 3) one.poll(Duration.ofMillis(100));
      two.subscribe(new SubscriptionPattern(records + ".*"));
      while (two.assignment().isEmpty()) {
        one.poll(Duration.ofMillis(100));
        two.poll(Duration.ofMillis(100));
      }
      for (int i = 0; i < 20; i++) {
        one.poll(Duration.ofMillis(50));
        two.poll(Duration.ofMillis(50));
      }
      one.commitSync();
      two.commitSync();
      describe();
    }
  }

  private static void describe() throws Exception {
    try (var admin = Admin.create(properties("admin"))) {
      admin.describeConsumerGroups(List.of(group + "-848")).all().get();
    }
  }

  private static KafkaShareConsumer<String, String> shareConsumer() {
    var properties = properties("share member");
    properties.put("group.id", group + "-share");
    properties.put("share.acknowledgement.mode", "explicit");
    return new KafkaShareConsumer<>(properties, new StringDeserializer(), new StringDeserializer());
  }

  private static void share() throws Exception {
    var resource = new ConfigResource(ConfigResource.Type.GROUP, group + "-share");
    var earliest = new AlterConfigOp(new ConfigEntry("share.auto.offset.reset", "earliest"), AlterConfigOp.OpType.SET);
    try (var admin = Admin.create(properties("admin")); var consumer = shareConsumer()) {
      admin.incrementalAlterConfigs(Map.of(resource, List.of(earliest))).all().get();
      consumer.subscribe(List.of(records));
      int seen = 0;
      for (int i = 0; i < 100 && seen < 4; i++) {
        for (var record : consumer.poll(Duration.ofMillis(100))) {
          AcknowledgeType[] types = {AcknowledgeType.ACCEPT, AcknowledgeType.RELEASE, AcknowledgeType.REJECT};
          consumer.acknowledge(record, types[seen++ % types.length]);
        }
        if (i % 2 == 1) consumer.commitSync();
      }
      admin.describeShareGroups(List.of(group + "-share")).all().get();
      System.out.println("share consumer saw " + seen);
    }
  }
}
