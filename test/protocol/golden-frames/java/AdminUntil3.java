// What Kafka's Java Admin could do from 2.8 on and can no longer since 4.0.
// Arguments: bootstrap servers, client id, the prefix of topics.

import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;

public class AdminUntil3 {
  @SuppressWarnings("deprecation")
  public static void main(String[] args) throws Exception {
    var properties = new Properties();
    properties.put("bootstrap.servers", args[0]);
    properties.put("client.id", args[1] + " admin");
    String topic = args[2] + "-records";
    try (var admin = Admin.create(properties)) {
      admin.describeTopics(List.of(topic)).all().get();
      var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
      admin.alterConfigs(Map.of(resource, new Config(List.of(new ConfigEntry("segment.ms", "3600000"))))).all().get();
    }
    System.out.println("done");
  }
}
