// The code blocks of a page in docs/, to be run: what they print stands in the block after them.

export interface CodeBlock {
  /** Of the page's first line of code. */
  readonly line: number
  readonly language: string
  readonly code: string
  /** The `text` block that follows it before any other; undefined where none does. */
  readonly output: string | undefined
}

/** All blocks but those of output. */
export function codeBlocks(page: string): readonly CodeBlock[] {
  const blocks = [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map((match) => ({
    line: page.slice(0, match.index).split('\n').length + 1,
    language: match[1]!,
    code: match[2]!,
  }))
  return blocks.flatMap((block, index) => {
    if (block.language === 'text') return []
    const next = blocks[index + 1]
    return [{ ...block, output: next?.language === 'text' ? next.code : undefined }]
  })
}
