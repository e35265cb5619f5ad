// Java programs for tests: Kafka's command line tools, and small programs of ours on Kafka's Java client.
import type { ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename, delimiter, join } from 'node:path'
import { spawnGuarded } from './guard.ts'
import { cached, clientsJar, kafkaTools } from './jars.ts'
import { type RunOptions, type RunResult, run, runOrThrow } from './process.ts'

export interface JavaProgram {
  mainClass: string
  /** As for `java -cp`. */
  classpath: string
}

const oldestJava = 17
/** Small programs start a third faster with these. */
const quickStart = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx256m']

/** Runs a Java program to its end, whatever its exit code. Rejects after `deadlineMs`, 60000 by default. */
export async function runJava(
  program: JavaProgram,
  args: string[],
  options: RunOptions = {},
): Promise<RunResult> {
  return run(await javaCommand(), javaArgs(program, args), options)
}

/** Starts a Java program and leaves its pipes to the caller. It is ended when this process is gone. */
export async function spawnJava(program: JavaProgram, args: string[]): Promise<ChildProcess> {
  return spawnGuarded(await javaCommand(), javaArgs(program, args), { stdio: 'pipe' })
}

/**
 * Runs one of Kafka's tools to its end, for example
 * `runKafkaTool('org.apache.kafka.tools.ConsoleProducer', ['--bootstrap-server', ..., '--topic', ...], { stdin })`.
 */
export async function runKafkaTool(
  mainClass: string,
  args: string[],
  options: RunOptions = {},
): Promise<RunResult> {
  return runJava({ mainClass, classpath: (await kafkaTools()).classpath }, args, options)
}

/** Starts one of Kafka's tools that runs until it is told to end, as a consumer does. */
export async function spawnKafkaTool(mainClass: string, args: string[]): Promise<ChildProcess> {
  return spawnJava({ mainClass, classpath: (await kafkaTools()).classpath }, args)
}

/**
 * Compiles one Java source file and returns the folder of its classes, kept in the cache by its content.
 * The classpath is the Java client's unless given.
 */
export async function compileJava(sourceFile: string, classpath?: string): Promise<string> {
  const path = classpath ?? (await clientsJar()).classpath
  const javac = javaHomeCommand('javac')
  const source = await readFile(sourceFile)
  const mark = createHash('sha256').update(path).update('\0').update(source).digest('hex').slice(0, 16)
  return cached(`classes-${basename(sourceFile, '.java')}-${mark}`, async (folder) => {
    const args = ['--release', String(oldestJava), '-proc:none', '-cp', path, '-d', folder, sourceFile]
    await runOrThrow(javac, args).catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'ENOENT'
        ? new Error(`${javac} is not there: install a JDK, not only a JRE`)
        : error
    })
  })
}

/** Compiles one Java source file and returns it as a program: its class is named as the file. */
export async function javaProgram(sourceFile: string, classpath?: string): Promise<JavaProgram> {
  const path = classpath ?? (await clientsJar()).classpath
  const folder = await compileJava(sourceFile, path)
  return { mainClass: basename(sourceFile, '.java'), classpath: [folder, path].join(delimiter) }
}

/** The `java` to use: of JAVA_HOME, else of the PATH. Throws when there is none, or one older than 17. */
export function javaCommand(): Promise<string> {
  const command = javaHomeCommand('java')
  let checked = checkedCommands.get(command)
  if (checked === undefined) {
    checked = checkJava(command)
    checkedCommands.set(command, checked)
  }
  return checked
}

const checkedCommands = new Map<string, Promise<string>>()

async function checkJava(command: string): Promise<string> {
  const { stderr } = await runOrThrow(command, ['-version']).catch((error: NodeJS.ErrnoException) => {
    const missing = error.code === 'ENOENT'
    throw missing ? new Error(`${command} is not there: install a JDK, ${oldestJava} or newer`) : error
  })
  // `version "17.0.15"`, and `version "1.8.0_402"` before Java 9.
  const found = /version "(?:1\.)?(\d+)/.exec(stderr)?.[1]
  if (found === undefined || Number(found) < oldestJava) {
    throw new Error(
      `${command} is Java ${found ?? 'of an unknown version'}: ${oldestJava} or newer is needed`,
    )
  }
  return command
}

function javaHomeCommand(name: 'java' | 'javac'): string {
  const home = process.env['JAVA_HOME']
  return home ? join(home, 'bin', name) : name
}

function javaArgs(program: JavaProgram, args: string[]): string[] {
  return [...quickStart, '-cp', program.classpath, program.mainClass, ...args]
}
