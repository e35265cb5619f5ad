import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FrameAssembler } from '../../../src/client/network/frame-assembler.ts'

function assembler(checkLength: (length: number) => void = () => {}) {
  const frames: Buffer[] = []
  return { frames, assembler: new FrameAssembler({ checkLength, onFrame: (frame) => frames.push(frame) }) }
}

function framed(body: Uint8Array): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(body.length)
  return Buffer.concat([length, body])
}

/** Gives bytes as a socket with `onread` does: into the buffer that was asked for, at most `most` at a time. */
function readInto(target: FrameAssembler, bytes: Buffer, most: number): void {
  for (let offset = 0; offset < bytes.length; ) {
    const taken = bytes.copy(target.target(), 0, offset, Math.min(bytes.length, offset + most))
    target.received(taken)
    offset += taken
  }
}

const bodies = fc.array(fc.uint8Array({ minLength: 4, maxLength: 3000 }), { maxLength: 12 })

describe('FrameAssembler', () => {
  test('gives the same frames however the bytes arrive in chunks', () => {
    fc.assert(
      fc.property(bodies, fc.array(fc.integer({ min: 1, max: 4000 }), { minLength: 1 }), (bodies, sizes) => {
        const bytes = Buffer.concat(bodies.map(framed))
        const { frames, assembler: target } = assembler()
        for (let offset = 0, turn = 0; offset < bytes.length; turn++) {
          const size = sizes[turn % sizes.length]!
          target.push(bytes.subarray(offset, offset + size))
          offset += size
        }
        expect(frames.map((frame) => [...frame])).toEqual(bodies.map((body) => [...body]))
        expect(target.isMidFrame).toBe(false)
      }),
      { numRuns: 200 },
    )
  })

  test('gives the same frames however much a read brings, down to a byte at a time', () => {
    fc.assert(
      fc.property(bodies, fc.integer({ min: 1, max: 5000 }), (bodies, most) => {
        const { frames, assembler: target } = assembler()
        readInto(target, Buffer.concat(bodies.map(framed)), most)
        expect(frames.map((frame) => [...frame])).toEqual(bodies.map((body) => [...body]))
      }),
      { numRuns: 200 },
    )
  })

  test('a large frame is read straight into its own buffer', () => {
    const { frames, assembler: target } = assembler()
    const body = Buffer.alloc(1_000_000, 7)
    const bytes = framed(body)
    const head = bytes.copy(target.target())
    target.received(head)
    const rest = target.target()
    expect(rest.length).toBe(bytes.length - head)
    bytes.copy(rest, 0, head)
    target.received(rest.length)
    expect(frames).toHaveLength(1)
    expect(frames[0]!.buffer).toBe(rest.buffer)
    expect(frames[0]!.equals(body)).toBe(true)
  })

  test('a frame owns its memory: later bytes do not change it', () => {
    const { frames, assembler: target } = assembler()
    const chunk = framed(Buffer.from('first'))
    target.push(chunk)
    chunk.fill(0)
    readInto(target, framed(Buffer.from('second')), 100)
    readInto(target, framed(Buffer.from('third!')), 100)
    expect(frames.map(String)).toEqual(['first', 'second', 'third!'])
  })

  test('C3: a length that is refused is refused before anything is allocated for it', () => {
    const { frames, assembler: target } = assembler((length) => {
      if (length > 1000) throw new Error(`refused ${length}`)
    })
    expect(() => target.push(Buffer.from([0x7f, 0xff, 0xff, 0xff]))).toThrow('refused 2147483647')
    expect(frames).toEqual([])
    expect(target.isMidFrame).toBe(false)
  })

  test('knows when it is in the middle of a frame', () => {
    const { assembler: target } = assembler()
    expect(target.isMidFrame).toBe(false)
    target.push(Buffer.from([0, 0]))
    expect(target.isMidFrame).toBe(true)
    target.push(Buffer.from([0, 5, 1, 2]))
    expect(target.isMidFrame).toBe(true)
    target.push(Buffer.from([3, 4, 5]))
    expect(target.isMidFrame).toBe(false)
  })
})
