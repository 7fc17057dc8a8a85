import Foundation

/// A counter-based random source: Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy
/// as 1, 2, 3", SC 2011).
///
/// A source is a value. It is made from a seed, split into independent streams by name or number,
/// and passed on; nothing in the package draws from a global generator. Two sources made the same
/// way give the same draws whatever the number of threads, workers or machines:
///
/// ```swift
/// var crop = RandomSource(seed: 7).split("crop").split(epoch).split(sampleIndex)
/// let x = crop.uniform()
/// ```
public struct RandomSource: RandomNumberGenerator, Sendable, Codable, Hashable {
  private var key: UInt64
  private var counter: UInt64 = 0
  /// The second half of the last block, if it has not been handed out yet.
  private var spare: UInt64?
  /// The second normal of the last Box-Muller pair.
  private var spareNormal: Double?

  public init(seed: UInt64) {
    key = Philox.block(key: 0x6A09_E667_F3BC_C908, counter: seed, stream: 0).0
  }

  /// An independent source for `purpose`. Drawing from either does not change the other.
  public func split(_ purpose: String) -> RandomSource {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325  // FNV-1a
    for byte in purpose.utf8 {
      hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }
    return derived(hash, stream: 1)
  }

  /// An independent source for the `index`-th element (sample, epoch, layer, …) of this one.
  public func split(_ index: Int) -> RandomSource {
    derived(UInt64(bitPattern: Int64(index)), stream: 2)
  }

  private func derived(_ value: UInt64, stream: UInt64) -> RandomSource {
    var child = self
    child.key = Philox.block(key: key, counter: value, stream: stream).0
    child.counter = 0
    child.spare = nil
    child.spareNormal = nil
    return child
  }

  public mutating func next() -> UInt64 {
    if let value = spare {
      spare = nil
      return value
    }
    let (first, second) = Philox.block(key: key, counter: counter, stream: 0)
    counter &+= 1
    spare = second
    return first
  }

  /// A uniform draw from [0, 1) with 53 random bits.
  public mutating func uniform() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// A uniform draw from the range's half-open interval.
  public mutating func uniform(in range: Range<Double>) -> Double {
    range.lowerBound + uniform() * (range.upperBound - range.lowerBound)
  }

  /// A uniform integer in `0 ..< upperBound`, without modulo bias (Lemire 2019).
  public mutating func integer(below upperBound: Int) -> Int {
    require(upperBound > 0, "RandomSource.integer: upperBound \(upperBound) is not positive")
    let bound = UInt64(upperBound)
    var product = next().multipliedFullWidth(by: bound)
    if product.low < bound {
      let threshold = (0 &- bound) % bound
      while product.low < threshold { product = next().multipliedFullWidth(by: bound) }
    }
    return Int(product.high)
  }

  /// A draw from N(0, 1) (Box-Muller).
  public mutating func normal() -> Double {
    if let value = spareNormal {
      spareNormal = nil
      return value
    }
    let radius = (-2 * log(1 - uniform())).squareRoot()
    let angle = 2 * Double.pi * uniform()
    spareNormal = radius * sin(angle)
    return radius * cos(angle)
  }

  /// A draw from N(0, 1) truncated to `[lower, upper]`, by inversion.
  public mutating func truncatedNormal(lower: Double, upper: Double) -> Double {
    require(
      lower < upper, "RandomSource.truncatedNormal: empty interval \(lower) ... \(upper)")
    // Near 1 the distribution function has no digits left; near 0 it has them all.
    if lower > 0 { return -truncatedNormal(lower: -upper, upper: -lower) }
    let low = NormalDistribution.cdf(lower)
    let high = NormalDistribution.cdf(upper)
    let value = NormalDistribution.quantile(low + uniform() * (high - low))
    return min(max(value, lower), upper)
  }

  /// A uniformly random permutation of `0 ..< count` (Fisher-Yates).
  public mutating func permutation(_ count: Int) -> [Int] {
    require(count >= 0, "RandomSource.permutation: count \(count) is negative")
    var order = Array(0..<count)
    for i in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(i, integer(below: i + 1))
    }
    return order
  }
}

/// The Philox 4x32-10 block function, with the counter words (counter, stream).
package enum Philox {
  package static func block(key: UInt64, counter: UInt64, stream: UInt64) -> (UInt64, UInt64) {
    var words = (
      UInt32(truncatingIfNeeded: counter), UInt32(truncatingIfNeeded: counter >> 32),
      UInt32(truncatingIfNeeded: stream), UInt32(truncatingIfNeeded: stream >> 32)
    )
    var key0 = UInt32(truncatingIfNeeded: key)
    var key1 = UInt32(truncatingIfNeeded: key >> 32)
    for _ in 0..<10 {
      let product0 = UInt64(words.0) &* 0xD251_1F53
      let product1 = UInt64(words.2) &* 0xCD9E_8D57
      words = (
        UInt32(truncatingIfNeeded: product1 >> 32) ^ words.1 ^ key0,
        UInt32(truncatingIfNeeded: product1),
        UInt32(truncatingIfNeeded: product0 >> 32) ^ words.3 ^ key1,
        UInt32(truncatingIfNeeded: product0)
      )
      key0 &+= 0x9E37_79B9
      key1 &+= 0xBB67_AE85
    }
    return (UInt64(words.1) << 32 | UInt64(words.0), UInt64(words.3) << 32 | UInt64(words.2))
  }
}
