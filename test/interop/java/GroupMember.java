// A member of a consumer group, on Kafka's Java consumer (classic protocol, range, unless told by settings). It processes
// records by printing them, commits after each poll, and tells what happens to it: lines of JSON.
// Arguments: bootstrap servers, group, topic, how many records to process at most (-1: all), name=value settings.
// "close" on standard input, or its end, makes it commit, leave and end.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

public class GroupMember {
  private static volatile boolean closing = false;

  /** Kafka's range assignor, which tells when it is asked: only the group's leader assigns. */
  public static class ToldRangeAssignor extends RangeAssignor {
    @Override
    public GroupAssignment assign(Cluster metadata, GroupSubscription subscriptions) {
      System.out.println("{\"event\":\"led\",\"members\":" + subscriptions.groupSubscription().size() + "}");
      return super.assign(metadata, subscriptions);
    }
  }

  public static void main(String[] args) {
    int limit = Integer.parseInt(args[3]);
    var settings = new Properties();
    settings.put("bootstrap.servers", args[0]);
    settings.put("group.id", args[1]);
    settings.put("group.protocol", "classic");
    settings.put("partition.assignment.strategy", ToldRangeAssignor.class.getName());
    settings.put("auto.offset.reset", "earliest");
    settings.put("enable.auto.commit", "false");
    settings.put("heartbeat.interval.ms", "200");
    settings.put("session.timeout.ms", "10000");
    for (int i = 4; i < args.length; i++) {
      String[] setting = args[i].split("=", 2);
      settings.put(setting[0], setting[1]);
    }
    if (settings.get("group.protocol").equals("consumer")) {
      // The broker's matter.
      List.of("partition.assignment.strategy", "heartbeat.interval.ms", "session.timeout.ms").forEach(settings::remove);
    }
    var text = new StringDeserializer();
    try (var consumer = new KafkaConsumer<>(settings, text, text)) {
      closeWithInput();
      consumer.subscribe(List.of(args[2]), listener(consumer));
      int processed = 0;
      while (!closing) {
        Map<TopicPartition, OffsetAndMetadata> done = new HashMap<>();
        for (var record : consumer.poll(Duration.ofMillis(100))) {
          if (processed == limit) break;
          processed++;
          tell("record", "\"partition\":" + record.partition() + ",\"offset\":" + record.offset()
            + ",\"value\":\"" + record.value() + "\"");
          var partition = new TopicPartition(record.topic(), record.partition());
          done.put(partition, new OffsetAndMetadata(record.offset() + 1, record.leaderEpoch(), "from Java"));
        }
        if (!done.isEmpty()) {
          consumer.commitSync(done);
          for (var each : done.entrySet()) {
            tell("committed", "\"partition\":" + each.getKey().partition() + ",\"offset\":" + each.getValue().offset());
          }
        }
        if (processed == limit) consumer.pause(consumer.assignment());
      }
    }
    tell("closed", "\"by\":\"Java\"");
  }

  private static ConsumerRebalanceListener listener(KafkaConsumer<String, String> consumer) {
    return new ConsumerRebalanceListener() {
      @Override
      public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
        // What it has kept included.
        tell("assigned", "\"partitions\":" + numbers(consumer.assignment()));
      }

      @Override
      public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
        tell("revoked", "\"partitions\":" + numbers(partitions));
      }
    };
  }

  private static String numbers(Collection<TopicPartition> partitions) {
    return partitions.stream().map(TopicPartition::partition).sorted().map(String::valueOf)
      .collect(Collectors.joining(",", "[", "]"));
  }

  private static synchronized void tell(String event, String fields) {
    System.out.println("{\"event\":\"" + event + "\"," + fields + "}");
  }

  private static void closeWithInput() {
    var listening = new Thread(() -> {
      try (var in = new BufferedReader(new InputStreamReader(System.in))) {
        for (String line = in.readLine(); line != null && !line.equals("close"); line = in.readLine()) {}
      } catch (java.io.IOException ended) {
        // as its end
      }
      // Seen after the poll under way: a wakeup could cut a commit.
      closing = true;
    });
    listening.setDaemon(true);
    listening.start();
  }
}
