// A life of Kafka's Java Admin: what it can do from 3.9 on, beside Admin28. Refusals are part of it.
// Arguments: bootstrap servers, client id, the prefix of topics and groups.

import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.clients.admin.AbortTransactionSpec;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RaftVoterEndpoint;
import org.apache.kafka.clients.admin.UpdateFeaturesOptions;
import org.apache.kafka.common.TopicCollection;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;

public class Admin39 {
  interface Step {
    void run() throws Exception;
  }

  public static void main(String[] args) {
    var properties = new Properties();
    properties.put("bootstrap.servers", args[0]);
    properties.put("client.id", args[1] + " admin");
    String records = args[2] + "-records";
    String group = args[2] + "-group";
    var first = new TopicPartition(records, 0);
    try (var admin = Admin.create(properties)) {
      step("describe topics", () -> admin.describeTopics(List.of(records)).allTopicNames().get());
      step("describe by id", () -> admin.describeTopics(
        TopicCollection.ofTopicIds(Set.of(Uuid.randomUuid()))).allTopicIds().get());
      step("describe no topic", () -> admin.describeTopics(List.of("nowhere")).allTopicNames().get());
      step("delete by id", () -> admin.deleteTopics(TopicCollection.ofTopicIds(Set.of(Uuid.randomUuid()))).all().get());
      step("producers", () -> admin.describeProducers(List.of(first)).all().get());
      step("transactions", () -> admin.listTransactions().all().get());
      step("describe transaction", () -> admin.describeTransactions(List.of(group + "-tx")).all().get());
      step("describe no transaction", () -> admin.describeTransactions(List.of("none")).all().get());
      step("abort transaction", () -> admin.abortTransaction(new AbortTransactionSpec(first, 1, (short) 0, 0)).all().get());
      step("fence producers", () -> admin.fenceProducers(List.of(group + "-tx")).all().get());
      step("greatest timestamp", () -> admin.listOffsets(Map.of(first, OffsetSpec.maxTimestamp())).all().get());
      step("offsets of groups", () -> admin.listConsumerGroupOffsets(Map.of(
        group + "-sticky", new ListConsumerGroupOffsetsSpec().topicPartitions(List.of(first)),
        group + "-roundrobin", new ListConsumerGroupOffsetsSpec())).all().get());
      step("quorum", () -> admin.describeMetadataQuorum().quorumInfo().get());
      step("features", () -> admin.updateFeatures(
        Map.of("metadata.version", new FeatureUpdate((short) 1, FeatureUpdate.UpgradeType.UPGRADE)),
        new UpdateFeaturesOptions().validateOnly(true)).all().get());
      step("client metrics", () -> admin.incrementalAlterConfigs(Map.of(
        new ConfigResource(ConfigResource.Type.CLIENT_METRICS, "often"), List.of(
          new AlterConfigOp(new ConfigEntry("interval.ms", "100"), AlterConfigOp.OpType.SET),
          new AlterConfigOp(new ConfigEntry("metrics", "org.apache.kafka.producer.connection"), AlterConfigOp.OpType.SET)))).all().get());
      step("list client metrics", () -> admin.listClientMetricsResources().all().get());
      step("add voter", () -> admin.addRaftVoter(9, Uuid.fromString("AAAAAAAAAAAAAAAAAAAACQ"),
        Set.of(new RaftVoterEndpoint("CONTROLLER", "localhost", 9))).all().get());
      step("remove voter", () -> admin.removeRaftVoter(9, Uuid.fromString("AAAAAAAAAAAAAAAAAAAACQ")).all().get());
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
}
