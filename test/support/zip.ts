// Reads files out of a zip archive (a jar), as far as jars need: stored or deflated, no zip64, no encryption.
import { readFile } from 'node:fs/promises'
import { inflateRawSync } from 'node:zlib'

const END_OF_DIRECTORY = 0x06054b50
const DIRECTORY_ENTRY = 0x02014b50
const DEFLATED = 8

/** The contents of the archive's files whose names `wanted` accepts, by name. */
export async function readZip(path: string, wanted: (name: string) => boolean): Promise<Map<string, Buffer>> {
  const zip = await readFile(path)
  const end = endOfDirectory(zip, path)
  const count = zip.readUInt16LE(end + 10)
  const files = new Map<string, Buffer>()
  let at = zip.readUInt32LE(end + 16)
  for (let i = 0; i < count; i++) {
    if (zip.readUInt32LE(at) !== DIRECTORY_ENTRY) throw new Error(`${path}: no directory entry at byte ${at}`)
    const method = zip.readUInt16LE(at + 10)
    const compressedBytes = zip.readUInt32LE(at + 20)
    const nameBytes = zip.readUInt16LE(at + 28)
    const name = zip.toString('utf8', at + 46, at + 46 + nameBytes)
    if (wanted(name)) {
      const local = zip.readUInt32LE(at + 42)
      const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
      const content = zip.subarray(start, start + compressedBytes)
      files.set(name, method === DEFLATED ? inflateRawSync(content) : content)
    }
    at += 46 + nameBytes + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32)
  }
  return files
}

function endOfDirectory(zip: Buffer, path: string): number {
  for (let at = zip.length - 22; at >= 0; at--) {
    if (zip.readUInt32LE(at) === END_OF_DIRECTORY) return at
  }
  throw new Error(`${path} is not a zip archive`)
}
