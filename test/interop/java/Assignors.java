// Asks Java's assignor classes, until its input ends. A line in, its fields separated by tabs:
//
//   the class's simple name
//   0 to be told the assignment; n to be told the nanoseconds that each of n calls took
//   topics     `name=partitions` or `name=|a+b|b...`, the racks of each partition's replicas; separated by commas
//   members    `id/instance id/topics,.../rack/topic=partition,.../generation/user data in hex;...`
//
// Empty: no instance id, no rack, generation unknown, no user data. A line out: `id/topic=partition,...;...`, or the
// nanoseconds, separated by commas, or `error` and what was thrown. There are groups for which Java's sticky assignors
// never come to an end: after ten seconds, or as many as the first argument says, it says `endless` and ends itself.

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.GroupSubscription;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;

public class Assignors {
  static long limitMs = 10_000;
  static volatile long startedAt = Long.MAX_VALUE;
  static final PrintStream answers = new PrintStream(System.out, false, UTF_8);

  public static void main(String[] args) throws Exception {
    if (args.length > 0) limitMs = Long.parseLong(args[0]) * 1000;
    var watch = new Thread(Assignors::watch);
    watch.setDaemon(true);
    watch.start();
    var in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    for (String line; (line = in.readLine()) != null; ) {
      String answer;
      startedAt = System.currentTimeMillis();
      try {
        answer = answer(line.split("\t", -1));
      } catch (Exception e) {
        answer = "error " + e;
      }
      startedAt = Long.MAX_VALUE;
      answers.println(answer);
      if (!in.ready()) answers.flush();
    }
    answers.flush();
  }

  static void watch() {
    try {
      while (System.currentTimeMillis() - startedAt < limitMs) Thread.sleep(100);
    } catch (InterruptedException e) {
      return;
    }
    answers.println("endless");
    answers.flush();
    Runtime.getRuntime().halt(0);
  }

  static String answer(String[] fields) throws Exception {
    var type = Class.forName("org.apache.kafka.clients.consumer." + fields[0]);
    int calls = Integer.parseInt(fields[1]);
    var cluster = cluster(fields[2]);
    if (calls == 0) return written(assignor(type).assign(cluster, members(fields[3])).groupAssignment());
    var times = new StringJoiner(",");
    for (int i = 0; i < calls; i++) {
      var assignor = assignor(type);
      var members = members(fields[3]);
      startedAt = System.currentTimeMillis();
      long start = System.nanoTime();
      assignor.assign(cluster, members);
      times.add(Long.toString(System.nanoTime() - start));
    }
    return times.toString();
  }

  static ConsumerPartitionAssignor assignor(Class<?> type) throws Exception {
    return (ConsumerPartitionAssignor) type.getDeclaredConstructor().newInstance();
  }

  static String written(Map<String, ConsumerPartitionAssignor.Assignment> assignments) {
    var out = new StringJoiner(";");
    new TreeMap<>(assignments).forEach((id, assignment) -> {
      var partitions = new StringJoiner(",");
      assignment.partitions().forEach(p -> partitions.add(p.topic() + "=" + p.partition()));
      out.add(id + "/" + partitions);
    });
    return out.toString();
  }

  static Cluster cluster(String topics) {
    Map<String, Node> nodes = new HashMap<>();
    nodes.put("", new Node(0, "localhost", 9092));
    List<PartitionInfo> partitions = new ArrayList<>();
    for (String topic : split(topics, ",")) {
      String[] nameAndRacks = topic.split("=", -1);
      String racks = nameAndRacks[1];
      String[] racksOfPartitions =
          racks.startsWith("|") ? racks.substring(1).split("\\|", -1) : emptyStrings(Integer.parseInt(racks));
      for (int i = 0; i < racksOfPartitions.length; i++) {
        Node[] replicas = Arrays.stream(racksOfPartitions[i].split("\\+"))
            .map(rack -> nodes.computeIfAbsent(rack, r -> new Node(nodes.size(), "localhost", 9092, r)))
            .toArray(Node[]::new);
        partitions.add(new PartitionInfo(nameAndRacks[0], i, replicas[0], replicas, replicas));
      }
    }
    return new Cluster("cluster", nodes.values(), partitions, new HashSet<>(), new HashSet<>());
  }

  static String[] emptyStrings(int count) {
    var strings = new String[count];
    Arrays.fill(strings, "");
    return strings;
  }

  static GroupSubscription members(String members) {
    Map<String, Subscription> subscriptions = new HashMap<>();
    for (String member : split(members, ";")) {
      String[] fields = member.split("/", -1);
      List<TopicPartition> owned = new ArrayList<>();
      for (String partition : split(fields[4], ",")) {
        String[] parts = partition.split("=");
        owned.add(new TopicPartition(parts[0], Integer.parseInt(parts[1])));
      }
      var subscription = new Subscription(
          List.of(split(fields[2], ",")),
          fields[6].isEmpty() ? null : ByteBuffer.wrap(HexFormat.of().parseHex(fields[6])),
          owned,
          fields[5].isEmpty() ? -1 : Integer.parseInt(fields[5]),
          fields[3].isEmpty() ? Optional.empty() : Optional.of(fields[3]));
      if (!fields[1].isEmpty()) subscription.setGroupInstanceId(Optional.of(fields[1]));
      subscriptions.put(fields[0], subscription);
    }
    return new GroupSubscription(subscriptions);
  }

  static String[] split(String text, String separator) {
    return text.isEmpty() ? new String[0] : text.split(separator);
  }
}
