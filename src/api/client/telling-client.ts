import { asGanderError, createApiClient, type ApiClient, type ServerAddress } from './api-client.ts'

/** A client whose refusals are told as a platform in this process would have thrown them. */
export interface TellingClient {
  readonly client: ApiClient
  readonly told: <Value>(asked: Promise<Value>) => Promise<Value>
}

/** A client of a server's API with the words of its refusals. */
export function createTellingClient(address: ServerAddress): TellingClient {
  return {
    client: createApiClient(address),
    told: async (asked) => {
      try {
        return await asked
      } catch (error) {
        throw asGanderError(error, address.url)
      }
    },
  }
}
