package acme.retry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RetryPolicyConfigTest {

    @Test
    void theShippedConfigurationIsRead() throws Exception {
        RetryPolicy policy = RetryPolicyLoader.load(Path.of("config/retry-policy.yaml"));
        assertEquals(new RetryPolicy(4, 250, 2), policy);
    }

    @Test
    void anUnknownVersionIsRefused(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("policy.yaml"), "retryPolicyVersion: v9\n");
        assertThrows(IllegalArgumentException.class, () -> RetryPolicyLoader.load(file));
    }
}
