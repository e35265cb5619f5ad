// Prints Kafka's error codes: number, name, whether Java takes it for retriable.

import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.protocol.Errors;

public class ErrorCodes {
  public static void main(String[] args) {
    for (Errors error : Errors.values()) {
      boolean retriable = error.exception() instanceof RetriableException;
      System.out.println(error.code() + "\t" + error.name() + "\t" + retriable);
    }
  }
}
