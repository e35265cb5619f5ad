// Compresses and decompresses as Kafka's Java client does, and with the libraries it uses in forms that Kafka itself does
// not write. One command a line on standard input, fields parted by tabs, bytes in base64; each is answered with bytes
// in base64, or with `error` and a message.

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import net.jpountz.lz4.LZ4FrameOutputStream;
import net.jpountz.lz4.LZ4FrameOutputStream.BLOCKSIZE;
import net.jpountz.lz4.LZ4FrameOutputStream.FLG;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.internals.BufferSupplier;
import org.apache.kafka.common.utils.internals.ByteBufferOutputStream;
import org.xerial.snappy.Snappy;

public class Codecs {
  public static void main(String[] args) throws Exception {
    var in = new BufferedReader(new InputStreamReader(System.in));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      try {
        System.out.println(Base64.getEncoder().encodeToString(answer(line.split("\t", -1))));
      } catch (Exception error) {
        System.out.println("error " + error.toString().replace('\n', ' '));
      }
    }
  }

  static byte[] answer(String[] fields) throws Exception {
    byte[] bytes = Base64.getDecoder().decode(fields[1]);
    return switch (fields[0]) {
      case "compress" -> compress(bytes, fields[2], fields[3]);
      case "decompress" -> decompress(bytes, fields[2]);
      case "levels" -> {
        var type = CompressionType.forName(fields[2]);
        yield (type.minLevel() + " to " + type.maxLevel() + ", " + type.defaultLevel()).getBytes();
      }
      case "snappy-raw" -> Snappy.compress(bytes);
      case "lz4" -> lz4(bytes, fields[2], fields[3].split(","));
      default -> throw new IllegalArgumentException(fields[0]);
    };
  }

  /** As a producer does. Without a level where it is empty. */
  static byte[] compress(byte[] bytes, String codec, String level) throws Exception {
    Compression compression = level.isEmpty() ? Compression.of(codec).build() : switch (codec) {
      case "gzip" -> Compression.gzip().level(Integer.parseInt(level)).build();
      case "lz4" -> Compression.lz4().level(Integer.parseInt(level)).build();
      case "zstd" -> Compression.zstd().level(Integer.parseInt(level)).build();
      default -> throw new IllegalArgumentException(codec);
    };
    var buffer = new ByteBufferOutputStream(512);
    try (var out = compression.wrapForOutput(buffer, RecordBatch.MAGIC_VALUE_V2)) {
      out.write(bytes);
    }
    var written = buffer.buffer();
    written.flip();
    var result = new byte[written.remaining()];
    written.get(result);
    return result;
  }

  /** As a consumer and a broker do. */
  static byte[] decompress(byte[] bytes, String codec) throws Exception {
    var buffer = ByteBuffer.wrap(bytes);
    var compression = Compression.of(codec).build();
    try (var in = compression.wrapForInput(buffer, RecordBatch.MAGIC_VALUE_V2, BufferSupplier.NO_CACHING)) {
      return in.readAllBytes();
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
