// Asks Kafka's sticky assignor to read a member's user data and to write it again. A line in: its bytes in hexadecimal;
// a line out: the bytes it writes for the same partitions and generation.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.StickyAssignor;

public class StickyUserData extends StickyAssignor {
  public static void main(String[] args) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      System.out.println(new StickyUserData().echo(HexFormat.of().parseHex(line)));
    }
  }

  private String echo(byte[] userData) {
    MemberData member = memberData(new Subscription(List.of(), ByteBuffer.wrap(userData)));
    int generation = member.generation.orElse(-1);
    onAssignment(new Assignment(member.partitions), new ConsumerGroupMetadata("", generation, "", Optional.empty()));
    ByteBuffer written = subscriptionUserData(Set.of());
    byte[] bytes = new byte[written.remaining()];
    written.get(bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
