// Writes and reads record batches with Kafka's own classes, for tests to compare with ours. One command a line on
// standard input, fields parted by tabs; bytes are `=` and base64, or `-` for null. See test/protocol/records/java-batches.ts.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.internals.ByteBufferOutputStream;

public class RecordBatches {
  static final PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);

  public static void main(String[] args) throws Exception {
    var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    String[] batch = null;
    List<String[]> records = new ArrayList<>();
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] fields = line.split("\t", -1);
      switch (fields[0]) {
        case "batch" -> {
          batch = fields;
          records.clear();
        }
        case "record" -> records.add(fields);
        case "write" -> out.println(text(write(batch, records)));
        case "marker" -> out.println(text(marker(fields)));
        case "empty" -> out.println(text(empty(fields)));
        case "read" -> {
          read(bytes(fields[1]));
          out.println("end");
        }
        default -> throw new IllegalArgumentException(line);
      }
      out.flush();
    }
  }

  // batch magic compression baseOffset LogAppendTime? logAppendTime producerId epoch sequence transactional?
  // leaderEpoch deleteHorizon lastOffset (the last two -1 for none)
  static ByteBuffer write(String[] batch, List<String[]> records) {
    var type = CompressionType.forName(batch[2]);
    var timestampType = bool(batch[4]) ? TimestampType.LOG_APPEND_TIME : TimestampType.CREATE_TIME;
    var builder = new MemoryRecordsBuilder(new ByteBufferOutputStream(512), (byte) number(batch[1]),
        Compression.of(type).build(), timestampType, number(batch[3]), number(batch[5]), number(batch[6]),
        (short) number(batch[7]), (int) number(batch[8]), bool(batch[9]), false, (int) number(batch[10]),
        Integer.MAX_VALUE, number(batch[11]));
    for (String[] record : records) {
      var headers = new Header[(record.length - 5) / 2];
      for (int i = 0; i < headers.length; i++) {
        String name = new String(bytes(record[5 + 2 * i]).array(), StandardCharsets.UTF_8);
        ByteBuffer value = bytes(record[6 + 2 * i]);
        headers[i] = new RecordHeader(name, value == null ? null : value.array());
      }
      builder.appendWithOffset(number(record[1]), number(record[2]), bytes(record[3]), bytes(record[4]), headers);
    }
    if (number(batch[12]) >= 0) builder.overrideLastOffset(number(batch[12]));
    return builder.build().buffer();
  }

  // marker type producerId epoch coordinatorEpoch timestamp offset
  static ByteBuffer marker(String[] f) {
    var type = ControlRecordType.valueOf(f[1]);
    return MemoryRecords.withEndTransactionMarker(number(f[6]), number(f[5]), 0, number(f[2]), (short) number(f[3]),
        new EndTransactionMarker(type, (int) number(f[4]))).buffer();
  }

  // empty baseOffset lastOffset producerId epoch sequence leaderEpoch timestamp transactional? control?
  static ByteBuffer empty(String[] f) {
    var buffer = ByteBuffer.allocate(DefaultRecordBatch.RECORD_BATCH_OVERHEAD);
    DefaultRecordBatch.writeEmptyHeader(buffer, RecordBatch.MAGIC_VALUE_V2, number(f[3]), (short) number(f[4]),
        (int) number(f[5]), number(f[1]), number(f[2]), (int) number(f[6]), TimestampType.CREATE_TIME, number(f[7]),
        bool(f[8]), bool(f[9]));
    buffer.flip();
    return buffer;
  }

  static void read(ByteBuffer buffer) {
    try {
      for (RecordBatch batch : MemoryRecords.readableRecords(buffer).batches()) {
        batch.ensureValid();
        out.println(String.join("\t", "batch", "" + batch.magic(), batch.compressionType().name,
            "" + batch.baseOffset(), "" + (batch.timestampType() == TimestampType.LOG_APPEND_TIME),
            "" + batch.maxTimestamp(), "" + batch.producerId(), "" + batch.producerEpoch(), "" + batch.baseSequence(),
            "" + batch.isTransactional(), "" + batch.partitionLeaderEpoch(), "" + batch.deleteHorizonMs().orElse(-1),
            "" + batch.lastOffset(), "" + batch.lastSequence(), "" + batch.isControlBatch()));
        for (Record record : batch) {
          record.ensureValid();
          var line = new StringBuilder("record\t" + record.offset() + "\t" + record.timestamp() + "\t"
              + text(record.key()) + "\t" + text(record.value()));
          for (Header header : record.headers()) {
            var value = header.value() == null ? null : ByteBuffer.wrap(header.value());
            line.append("\t" + text(ByteBuffer.wrap(header.key().getBytes(StandardCharsets.UTF_8))) + "\t" + text(value));
          }
          out.println(line);
          if (batch.isControlBatch()) {
            var type = ControlRecordType.parse(record.key());
            var epoch = EndTransactionMarker.deserialize(record).coordinatorEpoch();
            out.println("control\t" + type + "\t" + epoch);
          }
        }
      }
    } catch (RuntimeException error) {
      out.println("error\t" + error.getClass().getSimpleName());
    }
  }

  static long number(String text) {
    return Long.parseLong(text);
  }

  static boolean bool(String text) {
    return text.equals("true");
  }

  static ByteBuffer bytes(String text) {
    return text.equals("-") ? null : ByteBuffer.wrap(Base64.getDecoder().decode(text.substring(1)));
  }

  static String text(ByteBuffer bytes) {
    if (bytes == null) return "-";
    byte[] copy = new byte[bytes.remaining()];
    bytes.duplicate().get(copy);
    return "=" + Base64.getEncoder().encodeToString(copy);
  }
}
