package acme.retry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class RetryPolicyTest {

    @Test
    void theWaitGrowsByTheFactor() {
        RetryPolicy policy = new RetryPolicy(4, 250, 2);
        assertEquals(0, policy.waitBefore(1));
        assertEquals(250, policy.waitBefore(2));
        assertEquals(1000, policy.waitBefore(4));
    }

    @Test
    void noAttemptAtAllIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> new RetryPolicy(0, 250, 2));
    }
}
