import java.io.File;
import java.nio.ByteBuffer;
import java.util.Date;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.apache.cassandra.db.marshal.CompositeType;
import org.apache.cassandra.dht.Murmur3Partitioner;
import org.apache.cassandra.io.sstable.CQLSSTableWriter;
import org.apache.cassandra.utils.ByteBufferUtil;

/**
 * Writes the benchmark tables with Cassandra's own SSTable writer, in token order, so that each is
 * one SSTable. Everything is derived from row numbers: two runs write the same rows.
 * Usage: BulkWriter DIRECTORY EVENTS SENSORS READINGS_PER_SENSOR
 */
public final class BulkWriter {
  static final long BASE_MICROS = 1_700_000_000_000_000L;

  static final String EVENTS =
      "CREATE TABLE bench.events (id bigint PRIMARY KEY, account text, kind text, at timestamp,"
          + " note text, payload blob, score double, flags int)";

  static final String READINGS =
      "CREATE TABLE bench.readings (sensor text, day int, at timestamp, value double, quality"
          + " tinyint, unit text, PRIMARY KEY ((sensor, day), at))";

  private static final String[] WORDS =
      ("order shipped parcel returned customer payment failed retry invoice address changed delivery"
              + " note signature warehouse stock refund voucher basket login session timeout device")
          .split(" ");

  private static final String[] KINDS = {"view", "click", "purchase", "refund", "login", "logout"};

  public static void main(String[] args) throws Exception {
    File directory = new File(args[0]);
    events(directory, Integer.parseInt(args[1]));
    readings(directory, Integer.parseInt(args[2]), Integer.parseInt(args[3]));
    System.exit(0);
  }

  private static CQLSSTableWriter writer(File parent, String table, String schema, String insert) {
    File directory = new File(parent, "bench/" + table);
    directory.mkdirs();
    return CQLSSTableWriter.builder()
        .inDirectory(directory.getPath())
        .forTable(schema)
        .using(insert)
        .sorted()
        .build();
  }

  private static void events(File directory, int count) throws Exception {
    String insert =
        "INSERT INTO bench.events (id, account, kind, at, note, payload, score, flags)"
            + " VALUES (?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?";
    int[] order =
        byToken(count, i -> token(ByteBufferUtil.bytes((long) i)));
    try (CQLSSTableWriter writer = writer(directory, "events", EVENTS, insert)) {
      for (int i : order) {
        SplittableRandom random = new SplittableRandom(i);
        byte[] payload = new byte[64];
        for (int at = 0; at < payload.length; at++) payload[at] = (byte) random.nextInt(256);
        StringBuilder note = new StringBuilder();
        for (int words = 14 + random.nextInt(12); words > 0; words--) {
          note.append(WORDS[random.nextInt(WORDS.length)]).append(' ');
        }
        note.append(Long.toHexString(random.nextLong()));
        writer.addRow(
            (long) i,
            "account-" + random.nextInt(50_000) + "@example.org",
            KINDS[random.nextInt(KINDS.length)],
            new Date(1_700_000_000_000L + i * 37L),
            note.toString(),
            ByteBuffer.wrap(payload),
            random.nextInt(1_000_000) / 100.0,
            random.nextInt(16),
            BASE_MICROS + i);
      }
    }
  }

  private static void readings(File directory, int sensors, int perSensor) throws Exception {
    String insert =
        "INSERT INTO bench.readings (sensor, day, at, value, quality, unit)"
            + " VALUES (?, ?, ?, ?, ?, ?) USING TIMESTAMP ?";
    int[] order = byToken(sensors, i -> token(sensorKey(i)));
    try (CQLSSTableWriter writer = writer(directory, "readings", READINGS, insert)) {
      for (int i : order) {
        SplittableRandom random = new SplittableRandom(~i);
        double value = 20;
        for (int at = 0; at < perSensor; at++) {
          value += (random.nextInt(201) - 100) / 100.0;
          writer.addRow(
              sensorName(i),
              day(i),
              new Date(1_700_000_000_000L + at * 15_000L),
              value,
              (byte) (random.nextInt(20) == 0 ? 1 : 0),
              "degC",
              BASE_MICROS + at * 15_000_000L);
        }
      }
    }
  }

  private static String sensorName(int i) {
    return "sensor-" + i / 10;
  }

  private static int day(int i) {
    return 19_000 + i % 10;
  }

  private static ByteBuffer sensorKey(int i) {
    return CompositeType.build(
        org.apache.cassandra.db.marshal.ByteBufferAccessor.instance,
        ByteBufferUtil.bytes(sensorName(i)),
        ByteBufferUtil.bytes(day(i)));
  }

  private static long token(ByteBuffer key) {
    return (long) Murmur3Partitioner.instance.getToken(key).getTokenValue();
  }

  private interface Tokens {
    long of(int i);
  }

  private static int[] byToken(int count, Tokens tokens) {
    long[] token = new long[count];
    for (int i = 0; i < count; i++) token[i] = tokens.of(i);
    return IntStream.range(0, count)
        .boxed()
        .sorted((a, b) -> Long.compare(token[a], token[b]))
        .mapToInt(Integer::intValue)
        .toArray();
  }
}
