import Foundation
import JEPADensity
import JEPATensor

/// A head behind fixed Fourier features of its context: each coordinate x becomes
/// x, sin(ωⱼ x), cos(ωⱼ x), ωⱼ = 2πj / period, j = 1 … count.
///
/// Heads are made for contexts that are features already, where a last linear layer or two do. A
/// context of one or two raw coordinates is better spread over several first: networks learn slowly
/// what varies fast along a coordinate (Tancik et al. 2020, "Fourier features let networks learn high
/// frequency functions in low dimensional domains").
public struct FourierContext<Head: DensityPredictor>: DensityPredictor {
  public var head: Head
  /// J.
  public let count: Int
  /// The length along a coordinate after which its features repeat, but for x itself.
  public let period: Double

  /// The head's own context dimensions for C raw ones.
  public static func dimensions(of contextDimensions: Int, count: Int) -> Int {
    contextDimensions * (1 + 2 * count)
  }

  /// - Parameter head: with ``dimensions(of:count:)`` context dimensions.
  public init(_ head: Head, count: Int = 8, period: Double = 8) {
    require(
      count >= 0 && period > 0, "FourierContext: \(count) frequencies, period \(period)")
    self.head = head
    self.count = count
    self.period = period
  }

  /// [N, C] → the head's prediction.
  public func callAsFunction(_ context: Tensor) -> Head.Prediction {
    var features = [context]
    for frequency in 0..<count {
      let angles = context * (2 * Double.pi * Double(frequency + 1) / period)
      features += [angles.sin(), angles.cos()]
    }
    return head(.concatenated(features, axis: 1))
  }

  /// The head's own names.
  public mutating func walk<V: ModuleVisitor>(_ visitor: inout V) { head.walk(&visitor) }
}
