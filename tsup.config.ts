import { defineConfig } from 'tsup'

const libraries = {
  index: 'src/index.ts',
  assignors: 'src/group/assignors/index.ts',
  protocol: 'src/protocol/index.ts',
  testing: 'src/testing/index.ts',
}
const common = { target: 'node20', splitting: true, dts: { entry: libraries } }

export default defineConfig([
  // The command shares its code with the library: it is published as ESM only.
  { ...common, entry: { ...libraries, cli: 'src/cli/main.ts' }, format: 'esm' },
  { ...common, entry: libraries, format: 'cjs' },
])
