// Asks Java's assignor classes. A line in: the class's simple name, the topics as `name=partitions,...`, the members as
// `id/instance id/topics,...;...` (an empty instance id: none), separated by tabs. A line out: `id/topic=partition,...;...`.

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
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

public class Assignors {
  public static void main(String[] args) throws Exception {
    var in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    var answers = new PrintStream(System.out, false, UTF_8);
    for (String line; (line = in.readLine()) != null; ) {
      String[] parts = line.split("\t", -1);
      var type = Class.forName("org.apache.kafka.clients.consumer." + parts[0]);
      var assignor = (ConsumerPartitionAssignor) type.getDeclaredConstructor().newInstance();
      var assignments = assignor.assign(cluster(parts[1]), members(parts[2])).groupAssignment();
      var out = new StringJoiner(";");
      new TreeMap<>(assignments).forEach((id, assignment) -> {
        var partitions = new StringJoiner(",");
        assignment.partitions().forEach(p -> partitions.add(p.topic() + "=" + p.partition()));
        out.add(id + "/" + partitions);
      });
      answers.println(out);
    }
    answers.flush();
  }

  static Cluster cluster(String topics) {
    var node = new Node(1, "localhost", 9092);
    Node[] replicas = {node};
    List<PartitionInfo> partitions = new ArrayList<>();
    for (String topic : split(topics, ",")) {
      String[] nameAndCount = topic.split("=");
      for (int i = 0; i < Integer.parseInt(nameAndCount[1]); i++) {
        partitions.add(new PartitionInfo(nameAndCount[0], i, node, replicas, replicas));
      }
    }
    return new Cluster("cluster", List.of(node), partitions, new HashSet<>(), new HashSet<>());
  }

  static GroupSubscription members(String members) {
    Map<String, Subscription> subscriptions = new HashMap<>();
    for (String member : split(members, ";")) {
      String[] fields = member.split("/", -1);
      var subscription = new Subscription(List.of(split(fields[2], ",")));
      if (!fields[1].isEmpty()) subscription.setGroupInstanceId(Optional.of(fields[1]));
      subscriptions.put(fields[0], subscription);
    }
    return new GroupSubscription(subscriptions);
  }

  static String[] split(String text, String separator) {
    return text.isEmpty() ? new String[0] : text.split(separator);
  }
}
