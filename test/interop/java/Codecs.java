// Compresses with the libraries that Kafka's Java client uses, in forms that Kafka itself does not write. One command a
// line on standard input, fields parted by tabs, bytes in base64; each is answered with bytes in base64.

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.Base64;
import net.jpountz.lz4.LZ4FrameOutputStream;
import net.jpountz.lz4.LZ4FrameOutputStream.BLOCKSIZE;
import net.jpountz.lz4.LZ4FrameOutputStream.FLG;
import org.xerial.snappy.Snappy;

public class Codecs {
  public static void main(String[] args) throws Exception {
    var in = new BufferedReader(new InputStreamReader(System.in));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] fields = line.split("\t", -1);
      byte[] bytes = Base64.getDecoder().decode(fields[1]);
      byte[] result = switch (fields[0]) {
        case "snappy-raw" -> Snappy.compress(bytes);
        case "snappy-raw-decompress" -> Snappy.uncompress(bytes);
        case "lz4" -> lz4(bytes, fields[2], fields[3].split(","));
        default -> throw new IllegalArgumentException(line);
      };
      System.out.println(Base64.getEncoder().encodeToString(result));
    }
  }

  static byte[] lz4(byte[] bytes, String blockSize, String[] flags) throws Exception {
    var bits = new ArrayList<FLG.Bits>();
    for (String flag : flags) bits.add(FLG.Bits.valueOf(flag));
    var frame = new ByteArrayOutputStream();
    long known = bits.contains(FLG.Bits.CONTENT_SIZE) ? bytes.length : -1;
    try (var out = new LZ4FrameOutputStream(frame, BLOCKSIZE.valueOf(blockSize), known, bits.toArray(FLG.Bits[]::new))) {
      out.write(bytes);
    }
    return frame.toByteArray();
  }
}
