package acme.retry;

/** How often a call is tried and how long to wait in between. */
public record RetryPolicy(int maxAttempts, long initialBackoffMillis, int backoffFactor) {

    public RetryPolicy {
        if (maxAttempts < 1) {
            throw new IllegalArgumentException("maxAttempts must be at least 1, was " + maxAttempts);
        }
        if (initialBackoffMillis < 0) {
            throw new IllegalArgumentException("backoff must not be negative, was " + initialBackoffMillis);
        }
    }

    /** The wait before attempt number {@code attempt}, counted from 1; there is none before the first. */
    public long waitBefore(int attempt) {
        if (attempt <= 1) {
            return 0;
        }
        return initialBackoffMillis * (long) Math.pow(backoffFactor, attempt - 2);
    }
}
