// A life of Kafka's Java Admin: what it can do from 2.8 on. Refusals are part of it.
// Arguments: bootstrap servers, client id, the prefix of topics and groups, the prefix of topics to make and delete.

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.clients.admin.DescribeConsumerGroupsOptions;
import org.apache.kafka.clients.admin.ListConsumerGroupsOptions;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialDeletion;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.ConsumerGroupState;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionReplica;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.quota.ClientQuotaFilter;
import org.apache.kafka.common.quota.ClientQuotaFilterComponent;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

public class Admin28 {
  interface Step {
    void run() throws Exception;
  }

  private static Admin admin;
  private static String records;
  private static String group;
  private static String topic;

  public static void main(String[] args) {
    var properties = new Properties();
    properties.put("bootstrap.servers", args[0]);
    properties.put("client.id", args[1] + " admin");
    records = args[2] + "-records";
    group = args[2] + "-group-range";
    topic = args[3] + "-made";
    try (var client = Admin.create(properties)) {
      admin = client;
      topics();
      configs();
      groups();
      records();
      security();
      quotas();
      placement();
      step("delete topic", () -> admin.deleteTopics(List.of(topic)).all().get());
      step("delete no topic", () -> admin.deleteTopics(List.of("nowhere")).all().get());
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

  private static void topics() {
    var made = new NewTopic(topic, 2, (short) 1).configs(Map.of("cleanup.policy", "compact"));
    var placed = new NewTopic(topic + "-placed", Map.of(0, List.of(1)));
    step("validate topic", () -> admin.createTopics(List.of(placed), new CreateTopicsOptions().validateOnly(true)).all().get());
    step("create topics", () -> admin.createTopics(List.of(made)).all().get());
    step("create topic twice", () -> admin.createTopics(List.of(made)).all().get());
    step("too many replicas", () -> admin.createTopics(List.of(new NewTopic(topic + "-9", 1, (short) 9))).all().get());
    step("list topics", () -> admin.listTopics().names().get());
    step("describe cluster", () -> admin
      .describeCluster(new DescribeClusterOptions().includeAuthorizedOperations(true)).nodes().get());
    step("create partitions", () -> admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(3))).all().get());
    step("fewer partitions", () -> admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(1))).all().get());
  }

  private static void configs() {
    var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    var set = new AlterConfigOp(new ConfigEntry("retention.ms", "3600000"), AlterConfigOp.OpType.SET);
    var append = new AlterConfigOp(new ConfigEntry("cleanup.policy", "delete"), AlterConfigOp.OpType.APPEND);
    var wrong = new AlterConfigOp(new ConfigEntry("retention.ms", "long"), AlterConfigOp.OpType.SET);
    var delete = new AlterConfigOp(new ConfigEntry("retention.ms", null), AlterConfigOp.OpType.DELETE);
    step("alter config", () -> admin.incrementalAlterConfigs(Map.of(resource, List.of(set, append))).all().get());
    step("wrong config", () -> admin.incrementalAlterConfigs(Map.of(resource, List.of(wrong))).all().get());
    step("describe configs", () -> admin.describeConfigs(List.of(resource),
      new DescribeConfigsOptions().includeSynonyms(true)).all().get());
    step("delete config", () -> admin.incrementalAlterConfigs(Map.of(resource, List.of(delete))).all().get());
    step("describe no config", () -> admin.describeConfigs(
      List.of(new ConfigResource(ConfigResource.Type.TOPIC, "nowhere"))).all().get());
  }

  private static void groups() {
    step("list groups", () -> admin.listConsumerGroups().all().get());
    step("list empty groups", () -> admin.listConsumerGroups(
      new ListConsumerGroupsOptions().inStates(Set.of(ConsumerGroupState.EMPTY))).all().get());
    step("describe groups", () -> admin.describeConsumerGroups(List.of(group),
      new DescribeConsumerGroupsOptions().includeAuthorizedOperations(true)).all().get());
    step("describe no group", () -> admin.describeConsumerGroups(List.of("no group")).all().get());
    step("group's offsets", () -> admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get());
    var first = new TopicPartition(records, 0);
    step("alter offsets", () -> admin.alterConsumerGroupOffsets(group,
      Map.of(first, new OffsetAndMetadata(2, Optional.of(0), "set by an admin"))).all().get());
    step("delete offsets", () -> admin.deleteConsumerGroupOffsets(group, Set.of(first)).all().get());
    step("delete group", () -> admin.deleteConsumerGroups(List.of(group)).all().get());
    step("delete no group", () -> admin.deleteConsumerGroups(List.of("no group")).all().get());
  }

  private static void records() {
    var first = new TopicPartition(records, 0);
    step("list offsets", () -> admin.listOffsets(Map.of(first, OffsetSpec.latest())).all().get());
    step("offset of time", () -> admin.listOffsets(Map.of(first, OffsetSpec.forTimestamp(1))).all().get());
    step("delete records", () -> admin.deleteRecords(Map.of(first, RecordsToDelete.beforeOffset(1))).all().get());
    step("delete beyond", () -> admin.deleteRecords(Map.of(first, RecordsToDelete.beforeOffset(9999))).all().get());
  }

  private static void security() {
    var pattern = new ResourcePattern(ResourceType.TOPIC, topic, PatternType.PREFIXED);
    var entry = new AccessControlEntry("User:alice", "*", AclOperation.READ, AclPermissionType.ALLOW);
    var binding = new AclBinding(pattern, entry);
    step("create ACL", () -> admin.createAcls(List.of(binding)).all().get());
    step("describe ACLs", () -> admin.describeAcls(AclBindingFilter.ANY).values().get());
    step("delete ACL", () -> admin.deleteAcls(List.of(binding.toFilter())).all().get());
    var info = new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096);
    step("set SCRAM", () -> admin.alterUserScramCredentials(
      List.of(new UserScramCredentialUpsertion("alice", info, "alice-secret"))).all().get());
    step("describe SCRAM", () -> admin.describeUserScramCredentials(List.of("alice", "nobody")).all().get());
    step("describe all SCRAM", () -> admin.describeUserScramCredentials().all().get());
    step("delete SCRAM", () -> admin.alterUserScramCredentials(
      List.of(new UserScramCredentialDeletion("alice", ScramMechanism.SCRAM_SHA_256))).all().get());
    step("create token", () -> admin.createDelegationToken().delegationToken().get());
  }

  private static void quotas() {
    var entity = new ClientQuotaEntity(Map.of(ClientQuotaEntity.CLIENT_ID, "slow"));
    step("set quota", () -> admin.alterClientQuotas(List.of(
      new ClientQuotaAlteration(entity, List.of(new ClientQuotaAlteration.Op("producer_byte_rate", 1234.0))))).all().get());
    step("describe quotas", () -> admin.describeClientQuotas(ClientQuotaFilter.contains(
      List.of(ClientQuotaFilterComponent.ofEntity(ClientQuotaEntity.CLIENT_ID, "slow")))).entities().get());
    step("describe all quotas", () -> admin.describeClientQuotas(ClientQuotaFilter.all()).entities().get());
    step("delete quota", () -> admin.alterClientQuotas(List.of(
      new ClientQuotaAlteration(entity, List.of(new ClientQuotaAlteration.Op("producer_byte_rate", null))))).all().get());
  }

  private static void placement() {
    var first = new TopicPartition(topic, 0);
    step("log dirs", () -> admin.describeLogDirs(List.of(1)).allDescriptions().get());
    step("replica's log dir", () -> admin.describeReplicaLogDirs(List.of(new TopicPartitionReplica(topic, 0, 1))).all().get());
    step("move to no dir", () -> admin.alterReplicaLogDirs(
      Map.of(new TopicPartitionReplica(topic, 0, 1), "/not/there")).all().get());
    step("elect leader", () -> admin.electLeaders(ElectionType.PREFERRED, Set.of(first)).partitions().get());
    step("elect all", () -> admin.electLeaders(ElectionType.UNCLEAN, null).partitions().get());
    step("reassign", () -> admin.alterPartitionReassignments(
      Map.of(first, Optional.of(new NewPartitionReassignment(List.of(1))))).all().get());
    step("reassign to nobody", () -> admin.alterPartitionReassignments(
      Map.of(first, Optional.of(new NewPartitionReassignment(List.of(7))))).all().get());
    step("cancel reassignment", () -> admin.alterPartitionReassignments(Map.of(first, Optional.empty())).all().get());
    step("list reassignments", () -> admin.listPartitionReassignments().reassignments().get());
    step("features", () -> admin.describeFeatures().featureMetadata().get());
    step("unregister", () -> admin.unregisterBroker(77).all().get());
  }
}
