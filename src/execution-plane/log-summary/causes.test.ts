import { describe, expect, it } from 'vitest'
import { causesIn, collectCauses } from './causes.ts'

const causes = (log: string) => collectCauses(causesIn(log.split('\n')))

describe('stack traces', () => {
  it.each([
    {
      name: 'Java: the first frame of the repository, below the runner and the runtime',
      log: `Caused by: java.lang.IllegalStateException: no price for tea
	at java.base/java.util.Objects.requireNonNull(Objects.java:228)
	at com.acme.shop.Cart$Line.total(Cart.java:12)
	at com.acme.shop.CartTest.totals(CartTest.java:40)
	at org.junit.platform.engine.Node.run(Node.java:9)`,
      file: 'com/acme/shop/Cart.java',
      line: 12,
      message: 'Caused by: java.lang.IllegalStateException: no price for tea',
    },
    {
      name: 'Kotlin',
      log: `Exception in thread "main" java.lang.IllegalArgumentException: empty cart
	at kotlin.Preconditions.check(Preconditions.kt:5)
	at com.acme.CartKt.main(Cart.kt:8)`,
      file: 'com/acme/Cart.kt',
      line: 8,
      message: 'Exception in thread "main" java.lang.IllegalArgumentException: empty cart',
    },
    {
      name: 'Scala',
      log: `java.lang.AssertionError: 1 did not equal 2
	at scala.Predef$.assert(Predef.scala:8)
	at acme.CartSpec.$anonfun$new$1(CartSpec.scala:21)`,
      file: 'acme/CartSpec.scala',
      line: 21,
      message: 'java.lang.AssertionError: 1 did not equal 2',
    },
    {
      name: 'C#',
      log: `System.InvalidOperationException : no price
   at System.Linq.Enumerable.First[T](IEnumerable\`1 source)
   at Acme.Cart.Total(Int32 n) in /home/runner/work/shop/shop/src/Cart.cs:line 14`,
      file: 'src/Cart.cs',
      line: 14,
      message: 'System.InvalidOperationException : no price',
    },
    {
      name: 'C# on Windows',
      log: String.raw`System.Exception: no
   at Acme.Cart.Total() in D:\a\shop\shop\src\Cart.cs:line 3`,
      file: 'src/Cart.cs',
      line: 3,
      message: 'System.Exception: no',
    },
    {
      name: 'a Go panic',
      log: `panic: runtime error: index out of range [3] with length 2

goroutine 1 [running]:
runtime.panicIndex()
	/usr/local/go/src/runtime/panic.go:88 +0x74
main.total(...)
	/home/runner/work/shop/shop/cart.go:12 +0x1d
main.main()
	/home/runner/work/shop/shop/main.go:5`,
      file: 'cart.go',
      line: 12,
      message: 'panic: runtime error: index out of range [3] with length 2',
    },
    {
      name: 'a Rust panic, its message on the line below',
      log: `thread 'cart::totals' panicked at src/cart.rs:9:5:
assertion \`left == right\` failed`,
      file: 'src/cart.rs',
      line: 9,
      message: 'assertion `left == right` failed',
    },
    {
      name: 'a Rust panic of old',
      log: `thread 'main' panicked at 'no price', src/main.rs:4:5`,
      file: 'src/main.rs',
      line: 4,
      message: 'no price',
    },
    {
      name: 'PHP',
      log: `PHP Fatal error:  Uncaught Exception: no price
#0 /home/runner/work/shop/shop/vendor/acme/lib/Run.php(3): run()
#1 /home/runner/work/shop/shop/src/Cart.php(12): Acme\\Cart->total()`,
      file: 'src/Cart.php',
      line: 12,
      message: 'PHP Fatal error:  Uncaught Exception: no price',
    },
    {
      name: 'PHPUnit',
      log: `1) CartTest::testTotal
Failed asserting that 2 matches expected 3.

/home/runner/work/shop/shop/tests/CartTest.php:31`,
      file: 'tests/CartTest.php',
      line: 31,
      message: 'Failed asserting that 2 matches expected 3.',
    },
    {
      name: 'Ruby',
      log: `lib/cart.rb:12:in 'Cart#total': undefined method 'price' for nil (NoMethodError)
	from lib/shop.rb:3:in '<main>'`,
      file: 'lib/cart.rb',
      line: 12,
      message: "undefined method 'price' for nil (NoMethodError)",
    },
    {
      name: 'RSpec',
      log: `     Failure/Error: expect(cart.total).to eq(3)
     # /usr/lib/ruby/gems/rspec/core.rb:2:in 'run'
     # ./spec/cart_spec.rb:7:in 'block (2 levels) in <top (required)>'`,
      file: 'spec/cart_spec.rb',
      line: 7,
      message: 'Failure/Error: expect(cart.total).to eq(3)',
    },
    {
      name: 'Python',
      log: `Traceback (most recent call last):
  File "/usr/lib/python3.12/runpy.py", line 3, in run
    go()
  File "shop/cart.py", line 8, in total
    raise ValueError('no price')
ValueError: no price`,
      file: 'shop/cart.py',
      line: 8,
      message: 'ValueError: no price',
    },
  ])('$name', ({ log, file, line, message }) => {
    expect(causes(log)[0]).toMatchObject({ file, line, message })
  })

  it('frames of runtimes, runners and libraries alone name no place', () => {
    const log = `java.lang.Error: no
	at java.base/java.lang.Thread.run(Thread.java:840)
	at org.junit.runner.Run.main(Run.java:1)
	from /usr/lib/ruby/gems/x.rb:3:in 'go'
	/home/me/go/pkg/mod/example.org/x/y.go:3 +0x1`
    expect(causes(log)).toEqual([])
  })

  it('a folder named internal is ours in Go and not in Node', () => {
    expect(causes('panic: no\n\tinternal/cart/cart.go:3 +0x1')[0]).toMatchObject({ file: 'internal/cart/cart.go' })
    expect(causes('Error: no\n    at load (internal/modules/cjs/loader.js:613:15)')).toEqual([])
  })

  it('frames far below come after the first, and a line that is no frame in the end is none', () => {
    const deep = Array.from({ length: 300 }, (_, n) => `\tat acme.Deep.go(Deep.java:${n + 1})`)
    const found = causes(['acme.Sad: no', 'acme.SadError: no', ...deep].join('\n'))
    expect(found[0]).toMatchObject({ line: 1, message: 'acme.SadError: no' })
    expect(found).toHaveLength(10)
    expect(causes(`\tat ${'a.'.repeat(900)}`)).toEqual([])
  })
})
