// Reads keys from stdin, one a line in hexadecimal; prints murmur2 of each, and its partition of 12.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.HexFormat;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.apache.kafka.common.utils.Utils;

public class Murmur2 {
  public static void main(String[] args) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
    StringBuilder out = new StringBuilder();
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      byte[] key = HexFormat.of().parseHex(line);
      out.append(Utils.murmur2(key)).append(' ');
      out.append(BuiltInPartitioner.partitionForKey(key, 12)).append('\n');
    }
    System.out.print(out);
  }
}
