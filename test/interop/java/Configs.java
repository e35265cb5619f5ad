// Prints the options of Kafka's Java clients: kind, name, default. Options without a default have "(required)".

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.ConfigDef;

public class Configs {
  public static void main(String[] args) {
    print("producer", ProducerConfig.configDef());
    print("consumer", ConsumerConfig.configDef());
    print("admin", AdminClientConfig.configDef());
  }

  private static void print(String kind, ConfigDef configs) {
    Map<String, Object> defaults = configs.defaultValues();
    for (String name : configs.names()) {
      System.out.println(kind + "\t" + name + "\t" + (defaults.containsKey(name) ? show(defaults.get(name)) : "(required)"));
    }
  }

  private static String show(Object value) {
    if (value instanceof List<?> list) return list.stream().map(Configs::show).collect(Collectors.joining(","));
    return value instanceof Class<?> type ? type.getSimpleName() : String.valueOf(value);
  }
}
