/**
 * What random tests begin from where fast-check does not tell it itself: new in every run, and to be told when one
 * fails; `OTTLA_TEST_SEED` gives an earlier one again.
 */
export const seed = Number(process.env['OTTLA_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
