import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { clientsJar } from '../support/brokers/jars.ts'
import { javaProgram, runJava, runKafkaTool, spawnKafkaTool } from '../support/brokers/java.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ottla-java-test-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

test("Kafka's own tools work on the shared broker: its console consumer reads what its console producer wrote", async () => {
  const address = ['--bootstrap-server', inject('bootstrapServers'), '--topic', `java-tools-${process.pid}`]
  const stdin = 'one\ntwo\nthree\n'
  const produced = await runKafkaTool('org.apache.kafka.tools.ConsoleProducer', address, { stdin })
  expect(produced).toMatchObject({ exitCode: 0 })

  const consumer = await spawnKafkaTool('org.apache.kafka.tools.consumer.ConsoleConsumer', [
    ...address,
    '--from-beginning',
  ])
  const lines: string[] = []
  for await (const line of createInterface({ input: consumer.stdout! })) {
    lines.push(line)
    if (lines.length === 3) consumer.kill('SIGTERM')
  }
  expect(lines).toEqual(['one', 'two', 'three'])
})

test("a small program is compiled against Kafka's Java client and run", async () => {
  const source = join(folder, 'Greeting.java')
  writeFileSync(
    source,
    `public class Greeting {
      public static void main(String[] args) {
        var record = new org.apache.kafka.clients.producer.ProducerRecord<>("topic", "key", args[0]);
        System.out.println(record.key() + " " + record.value());
      }
    }`,
  )
  const { stdout } = await runJava(await javaProgram(source), ['hello'])
  expect(stdout.trim()).toBe('key hello')
  expect((await clientsJar()).jar).toMatch(/kafka-clients-4\.4\.0\.jar$/)
})

test('a program that does not compile is an error that shows what javac said', async () => {
  const source = join(folder, 'Broken.java')
  writeFileSync(source, 'public class Broken { int x = "text"; }')
  await expect(javaProgram(source)).rejects.toThrow('incompatible types')
})
