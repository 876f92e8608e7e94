/**
 * The Binaryen passes of the release build, run by `asc` through its transform hook.
 *
 * No `-O` level: every one of them contains `simplify-locals`, which sinks the woven SIMD schedule of
 * `compress.ts` to its use and costs 5 % per block in V8 and 13 % in JavaScriptCore. These passes
 * clean up without moving code; `remove-unused-brs` takes out the block and the branch that inlining
 * leaves around every helper, 1.1 kB of them. Inlining is set so that no helper of a kernel remains a
 * call, which is what lets the core do without `@inline` decorators; `core.test.ts` checks that on the
 * result.
 *
 * @module
 */
import { Transform } from 'assemblyscript/transform'

const PASSES = [
  'remove-unused-module-elements',
  'simplify-globals',
  'inlining',
  'remove-unused-brs',
  'optimize-instructions',
  'precompute',
  'vacuum',
  'remove-unused-names',
  'merge-blocks',
  'coalesce-locals',
  'reorder-locals',
  'memory-packing',
  'vacuum',
  'duplicate-function-elimination',
  'remove-unused-module-elements',
  'reorder-functions',
]

export default class ReleasePasses extends Transform {
  afterCompile(module) {
    const { binaryen } = this
    binaryen.setOptimizeLevel(3)
    binaryen.setShrinkLevel(0)
    binaryen.setAlwaysInlineMaxSize(40)
    binaryen.setFlexibleInlineMaxSize(70)
    binaryen.setOneCallerInlineMaxSize(200)
    module.runPasses(PASSES)
  }
}
