// A process that reads some records in a group, closes everything, and prints what is still open. It must end by itself.

import { read, Stage } from './consumer-support.ts'

const [bootstrapServers, topic, groupId] = process.argv.slice(2)
const stage = new Stage(bootstrapServers!)
const consumer = stage.consumer({ groupId: groupId!, topics: [topic!], autoOffsetReset: 'earliest' })
await read(consumer, 10)
await consumer.close()
await stage[Symbol.asyncDispose]()
setImmediate(() => {
  const own = process.getActiveResourcesInfo().filter((name) => !/PipeWrap|TTYWrap|Immediate/.test(name))
  console.log(JSON.stringify(own))
})
