package acme.retry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** Reads the retry policy from its configuration file. */
public final class RetryPolicyLoader {

    private RetryPolicyLoader() {}

    public static RetryPolicy load(Path file) throws IOException {
        Map<String, Object> config = new Yaml(new SafeConstructor(new LoaderOptions())).load(Files.readString(file));
        return fromV1Config(config);
    }

    private static RetryPolicy fromV1Config(Map<String, Object> config) {
        requireVersion(config, "v1");
        return new RetryPolicy(
                number(config, "maxAttempts"), number(config, "backoffMillis"), number(config, "backoffFactor"));
    }

    private static void requireVersion(Map<String, Object> config, String expected) {
        Object version = config.get("retryPolicyVersion");
        if (!expected.equals(version)) {
            throw new IllegalArgumentException("retryPolicyVersion must be " + expected + ", was " + version);
        }
    }

    private static int number(Map<String, Object> config, String key) {
        if (config.get(key) instanceof Integer value) {
            return value;
        }
        throw new IllegalArgumentException(key + " must be a number, was " + config.get(key));
    }
}
