import { array, boolean, defineApi, errorCode, int8, int32, string } from '../schema.ts'

/**
 * The configuration of topics (resource type 2), brokers (4), broker loggers (8), client metrics (16) and groups
 * (32). A broker's own is asked of that broker.
 */
export const DescribeConfigs = defineApi({
  key: 32,
  name: 'DescribeConfigs',
  versions: [1, 4],
  flexibleFrom: 4,
  request: {
    resources: array({
      resourceType: int8,
      resourceName: string,
      // null: every key.
      configurationKeys: array(string).nullable(),
    }),
    includeSynonyms: boolean.default(false),
    includeDocumentation: boolean.from(3).default(false),
  },
  response: {
    throttleTimeMs: int32.default(0),
    results: array({
      // UNKNOWN_TOPIC_OR_PARTITION, INVALID_TOPIC_EXCEPTION, INVALID_REQUEST, TOPIC_AUTHORIZATION_FAILED,
      // CLUSTER_AUTHORIZATION_FAILED, GROUP_AUTHORIZATION_FAILED: final.
      errorCode,
      errorMessage: string.nullable(),
      resourceType: int8,
      resourceName: string,
      configs: array({
        name: string,
        // null for a sensitive key.
        value: string.nullable(),
        readOnly: boolean,
        // 1: topic, 2: this broker (dynamic), 3: every broker (dynamic), 4: this broker's file, 5: built in,
        // 6: broker logger, 7: client metrics, 8: group.
        configSource: int8.default(-1).ignorable(),
        isSensitive: boolean,
        // Where the value would come from, in order: the first there is counts.
        synonyms: array({ name: string, value: string.nullable(), source: int8 }).ignorable(),
        // 1: boolean, 2: string, 3: int, 4: short, 5: long, 6: double, 7: list, 8: class, 9: password.
        configType: int8.from(3).default(0).ignorable(),
        documentation: string.nullable().from(3).ignorable(),
      }),
    }),
  },
})
