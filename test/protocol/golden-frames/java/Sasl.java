// Kafka's Java Admin over SASL, PLAIN and SCRAM, and delegation tokens, which only an authenticated user may have.
// Arguments: bootstrap servers of the SASL listener, client id, servers of the plain listener.

import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;

public class Sasl {
  private static final String LOGIN =
    " required username=\"%s\" password=\"%s\";";

  interface Step {
    void run(Admin admin) throws Exception;
  }

  private static String[] args;

  public static void main(String[] arguments) {
    args = arguments;
    as("plain", "PLAIN", "admin", "admin-secret", Sasl::tokens);
    as("wrong password", "PLAIN", "admin", "wrong", admin -> admin.describeCluster().nodes().get());
    as("set SCRAM", null, null, null, admin -> admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion(
      "bob", new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096), "bob-secret"))).all().get());
    as("SCRAM", "SCRAM-SHA-256", "bob", "bob-secret", admin -> admin.describeCluster().nodes().get());
    as("other mechanism", "SCRAM-SHA-512", "bob", "bob-secret", admin -> admin.describeCluster().nodes().get());
  }

  private static void tokens(Admin admin) throws Exception {
    byte[] hmac = admin.createDelegationToken().delegationToken().get().hmac();
    // The controller says that there is one before the broker knows it.
    while (admin.describeDelegationToken().delegationTokens().get().isEmpty()) Thread.sleep(100);
    admin.renewDelegationToken(hmac).expiryTimestamp().get();
    admin.expireDelegationToken(hmac).expiryTimestamp().get();
  }

  private static void as(String name, String mechanism, String user, String password, Step step) {
    var properties = new Properties();
    properties.put("bootstrap.servers", mechanism == null ? args[2] : args[0]);
    properties.put("client.id", args[1] + " admin");
    properties.put("default.api.timeout.ms", "5000");
    properties.put("request.timeout.ms", "4000");
    if (mechanism != null) {
      String module = mechanism.equals("PLAIN") ? "plain.PlainLoginModule" : "scram.ScramLoginModule";
      properties.put("security.protocol", "SASL_PLAINTEXT");
      properties.put("sasl.mechanism", mechanism);
      properties.put("sasl.jaas.config", "org.apache.kafka.common.security." + module + LOGIN.formatted(user, password));
    }
    try (var admin = Admin.create(properties)) {
      step.run(admin);
      System.out.println(name + ": done");
    } catch (Exception error) {
      System.out.println(name + ": " + (error.getCause() == null ? error : error.getCause()));
    }
  }
}
