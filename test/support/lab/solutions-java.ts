import { call, finish, type Play } from './play.ts'

const TESTS = `    @Test
    void version1IsRefused(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(
                folder.resolve("policy.yaml"),
                "retryPolicyVersion: v1\\nmaxAttempts: 4\\nbackoffMillis: 250\\nbackoffFactor: 2\\n");
        assertThrows(IllegalArgumentException.class, () -> RetryPolicyLoader.load(file));
    }

    @Test
    void anUnknownVersionIsRefused(`

/** The retry policy migration as a model might do it: by patch, by edits, verified once before it finishes. */
export const java: Play = {
  planning: [
    call('file_read', { path: 'config/retry-policy.yaml' }),
    call('submit_plan', {
      objective: 'The retry policy is read and shipped in version 2, and version 1 is refused.',
      assumptions: ['The settings mean the same in both versions, as the README says.'],
      constraints: ['The record RetryPolicy stays as it is.'],
      steps: [
        {
          id: 'S1',
          action: 'rewrite the configuration in version 2',
          target: 'config/retry-policy.yaml',
          expected_evidence: 'the shipped configuration is read by its test',
        },
        {
          id: 'S2',
          action: 'patch the loader to read version 2 only',
          target: 'src/main/java/acme/retry/RetryPolicyLoader.java',
          expected_evidence: 'mvn test passes',
        },
      ],
      verification: ['mvn test'],
      forbidden: ['.github/workflows/**', 'pom.xml'],
      risk: 'low',
    }),
  ],
  editing: [
    call('file_apply_patch', {
      patch: `--- a/config/retry-policy.yaml
+++ b/config/retry-policy.yaml
@@ -1,5 +1,7 @@
 # Retry policy of the service. Read once at start.
-retryPolicyVersion: v1
-maxAttempts: 4
-backoffMillis: 250
-backoffFactor: 2
+retryPolicyVersion: v2
+attempts:
+  max: 4
+backoff:
+  initialMillis: 250
+  factor: 2
`,
    }),
    call('file_edit', {
      path: 'src/main/java/acme/retry/RetryPolicyLoader.java',
      old_text: 'return fromV1Config(config);',
      new_text: 'return fromV2Config(config);',
    }),
    call('file_edit', {
      path: 'src/main/java/acme/retry/RetryPolicyLoader.java',
      old_text: `    private static RetryPolicy fromV1Config(Map<String, Object> config) {
        requireVersion(config, "v1");
        return new RetryPolicy(
                number(config, "maxAttempts"), number(config, "backoffMillis"), number(config, "backoffFactor"));
    }
`,
      new_text: `    private static RetryPolicy fromV2Config(Map<String, Object> config) {
        requireVersion(config, "v2");
        Map<String, Object> attempts = group(config, "attempts");
        Map<String, Object> backoff = group(config, "backoff");
        return new RetryPolicy(number(attempts, "max"), number(backoff, "initialMillis"), number(backoff, "factor"));
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> group(Map<String, Object> config, String key) {
        if (config.get(key) instanceof Map<?, ?> group) {
            return (Map<String, Object>) group;
        }
        throw new IllegalArgumentException(key + " must be a group of settings, was " + config.get(key));
    }
`,
    }),
    call('file_edit', {
      path: 'src/test/java/acme/retry/RetryPolicyConfigTest.java',
      old_text: '    @Test\n    void anUnknownVersionIsRefused(',
      new_text: TESTS,
    }),
    call('verify'),
    finish(
      'The loader reads version 2 and refuses version 1; the shipped configuration is written in version 2 with the same values.',
    ),
  ],
}
