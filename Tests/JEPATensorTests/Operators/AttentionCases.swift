import JEPATensor
import JEPATestSupport

extension OperatorCase {
  /// Head width, heads and the sequences' lengths.
  private static let settings: [(Int, Int, [Int])] = [
    (5, 1, [1]), (5, 3, [0, 1, 3, 0, 7]), (1, 2, [4, 2]), (32, 2, [17, 0, 16, 1]),
    (64, 1, [33, 5]),
    (64, 3, [65]), (16, 2, [64, 15]), (7, 1, []), (7, 1, [0, 0]),
    (32, 3, [29, 22, 64]), (128, 1, [70]), (16, 2, [Int](repeating: 48, count: 9)),
    (24, 4, [40, 22]), (80, 2, [33, 3]), (48, 2, [64]),
  ]

  static let attentions: [OperatorCase] = settings.flatMap { width, heads, lengths in
    [false, true].map { causal in
      let offsets = lengths.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
      return OperatorCase(
        "attention \(heads)×\(width)\(causal ? " causal" : "") \(lengths)",
        [[offsets[offsets.count - 1], 3 * heads * width]], slack: 4,
        { attention(qkv: $0[0], offsets: offsets, heads: heads, causal: causal) },
        naive: { .attention(qkv: $0[0], offsets: offsets, heads: heads, causal: causal) })
    }
  }
}
