#!/usr/bin/env node
// The ottla command: one file a subcommand, all on the public surface.

import { ConfigurationError, isKafkaError } from '../index.ts'
import { UsageError } from './arguments.ts'
import { assign } from './assign.ts'
import { consume } from './consume.ts'
import { decode } from './decode.ts'
import { produce } from './produce.ts'
import { topics } from './topics.ts'

const help = `Usage: ottla COMMAND [--help]

  topics     create, describe, delete and list topics
  produce    write records: made at a rate, or from standard input
  consume    read records as a member of a group
  decode     print a frame, or the files of a partition, in readable form
  assign     simulate how a group shares partitions as members come and go`

const commands: { readonly [name: string]: (words: readonly string[]) => Promise<void> } = {
  topics,
  produce,
  consume,
  decode,
  assign,
}

async function main([name, ...words]: readonly string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(`${help}\n`)
    return name === undefined ? 2 : 0
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  try {
    if (command === undefined)
      throw new UsageError(`'${name}' is not a command: ${Object.keys(commands).join(', ')}`)
    await command(words)
    return 0
  } catch (error) {
    if (error instanceof UsageError || error instanceof ConfigurationError) {
      process.stderr.write(
        `ottla: ${error.message}; see ottla ${command === undefined ? '' : `${name} `}--help\n`,
      )
      return 2
    }
    process.stderr.write(`ottla: ${messageOf(error)}\n`)
    return 1
  }
}

/** One line; the code before it, where the message does not name it. */
function messageOf(error: unknown): string {
  const message = (error instanceof Error ? error.message : String(error)).replaceAll(/\s*\n\s*/g, ' ')
  return isKafkaError(error) && !message.includes(error.code) ? `${error.code}: ${message}` : message
}

process.exitCode = await main(process.argv.slice(2))
