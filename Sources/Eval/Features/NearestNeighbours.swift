import JEPATensor

/// Which features are most alike, by cosine similarity.
public enum NearestNeighbours {
  /// For each query, the rows of `features` nearest to it, the nearest first.
  ///
  /// - Parameters:
  ///   - queries: [Q, D].
  ///   - features: [N, D].
  ///   - count: how many, at most N.
  public static func rows(
    nearestTo queries: Tensor, in features: Tensor, count: Int
  ) -> [[Int]] {
    require(
      queries.rank == 2 && features.rank == 2 && queries.shape[1] == features.shape[1],
      "NearestNeighbours: queries \(queries.shape), features \(features.shape)")
    let similarities = matmul(normalized(queries), normalized(features), transposeB: true)
    let width = features.shape[0]
    let values = similarities.floats()
    return (0..<queries.shape[0]).map { query in
      let row = values[query * width..<(query + 1) * width]
      let order = row.indices.sorted { row[$0] != row[$1] ? row[$0] > row[$1] : $0 < $1 }
      return order.prefix(count).map { $0 - row.startIndex }
    }
  }

  private static func normalized(_ rows: Tensor) -> Tensor {
    let norms = rows.square().sum(axis: 1, keepingDimensions: true).squareRoot()
    return rows / .maximum(norms, Tensor(1e-12, dtype: rows.dtype))
  }
}
