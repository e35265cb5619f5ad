// Fetches Kafka's jars before the first test on a machine whose cache is empty: minutes, where a test has one.
import { clientsJar, kafkaTools } from './brokers/jars.ts'

export default async function setup(): Promise<void> {
  // Whoever needs what could not be fetched tries again, and tells why not.
  await Promise.allSettled([clientsJar(), kafkaTools()])
}
