import Foundation
import JEPAEval
import JEPATensor
import Testing

@Suite struct KNNClassifierTests {
  private func features(_ rows: [[Float]]) -> Tensor {
    Tensor(rows.flatMap(\.self), shape: [rows.count, rows.first?.count ?? 0])
  }

  @Test func agreesWithNumPy() throws {
    let golden = try Golden.load()
    let train = golden.data.rows(Array(0..<40))
    let queries = golden.data.rows(Array(40..<60))
    let classifier = KNNClassifier(
      k: golden.neighbors.k, temperature: golden.neighbors.temperature)
    #expect(try classifier.classify(queries.features, train: train) == golden.neighbors.classes)
    #expect(try classifier.evaluate(queries, train: train).top1 == golden.neighbors.top1)
  }

  @Test func temperatureDecidesBetweenOneNearAndTwoFar() throws {
    // Cosines with (1, 0): 1 for class 0; 0.8 twice for class 1. e^(1/T) > 2 e^(0.8/T) iff
    // T < 0.2 / log 2 = 0.2885.
    let train = LabeledFeatures(
      features: features([[2, 0], [0.8, 0.6], [0.8, -0.6]]), labels: [0, 1, 1])
    let query = features([[5, 0]])
    for (temperature, expected) in [(0.28, 0), (0.29, 1), (1e-6, 0), (1e6, 1)] {
      let classifier = KNNClassifier(k: 3, temperature: temperature)
      #expect(try classifier.classify(query, train: train) == [expected])
    }
    #expect(try KNNClassifier(k: 1).classify(query, train: train) == [0])
  }

  @Test func tiesGoToTheEarlierRowAndTheLowerClass() throws {
    let train = LabeledFeatures(
      features: features([[0, 1], [1, 0], [2, 0], [1, 0]]), labels: [3, 2, 1, 1])
    let query = features([[1, 0]])
    #expect(try KNNClassifier(k: 1).classify(query, train: train) == [2])
    #expect(try KNNClassifier(k: 2).classify(query, train: train) == [1])
    #expect(try KNNClassifier(k: 3).classify(query, train: train) == [1])
  }

  /// The classes that a full sort of all similarities gives, with the lead of each winner's votes.
  private func bySorting(
    _ queries: [[Double]], _ rows: [[Double]], _ labels: [Int], k: Int, temperature: Double
  ) -> [(winner: Int, lead: Double)] {
    func unit(_ x: [Double]) -> [Double] {
      let norm = x.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return x.map { $0 / norm }
    }
    let keys = rows.map(unit)
    return queries.map(unit).map { query in
      let similarity = keys.map { zip($0, query).reduce(0) { $0 + $1.0 * $1.1 } }
      let order = rows.indices.sorted { (similarity[$0], -$0) > (similarity[$1], -$1) }
      var votes = [Double](repeating: 0, count: 7)
      for row in order.prefix(k) { votes[labels[row]] += exp(similarity[row] / temperature) }
      let ranked = votes.sorted(by: >)
      return (votes.firstIndex(of: ranked[0]) ?? 0, (ranked[0] - ranked[1]) / ranked[0])
    }
  }

  @Test func matchesTheFullSortAcrossBlocksAndChunks() throws {
    // More rows than a block of keys holds and more queries than a chunk.
    var random = RandomSource(seed: 5)
    let (n, q, width) = (5000, 300, 3)
    let labels = (0..<n).map { _ in random.integer(below: 7) }
    func draws(_ count: Int) -> [[Double]] {
      (0..<count).map { _ in (0..<width).map { _ in random.normal() } }
    }
    let (rows, queries) = (draws(n), draws(q))
    let train = LabeledFeatures(
      features: features(rows.map { $0.map(Float.init) }), labels: labels)
    let actual = try KNNClassifier(k: 30, temperature: 0.1)
      .classify(features(queries.map { $0.map(Float.init) }), train: train)
    let expected = bySorting(queries, rows, labels, k: 30, temperature: 0.1)
    // Where rounding to float32 could swap the 30th neighbour or the winner, both are right.
    let clear = expected.indices.filter { expected[$0].lead > 0.1 }
    #expect(clear.count > q / 2)
    #expect(clear.allSatisfy { actual[$0] == expected[$0].winner })
  }

  @Test func manyEqualSimilaritiesMatchTheFullSortExactly() throws {
    // Signed unit vectors: every cosine is −1, 0 or 1, so the 30 nearest are a matter of row order.
    var random = RandomSource(seed: 6)
    let (n, q, width) = (5000, 200, 40)
    let labels = (0..<n).map { _ in random.integer(below: 7) }
    func draws(_ count: Int) -> [[Double]] {
      (0..<count).map { _ in
        var row = [Double](repeating: 0, count: width)
        row[random.integer(below: width)] = random.uniform() < 0.5 ? -1 : 1
        return row
      }
    }
    let (rows, queries) = (draws(n), draws(q))
    let train = LabeledFeatures(
      features: features(rows.map { $0.map(Float.init) }), labels: labels)
    for k in [30, 100] {  // among the equal to 1, and into the equal to 0
      let actual = try KNNClassifier(k: k, temperature: 1)
        .classify(features(queries.map { $0.map(Float.init) }), train: train)
      let expected = bySorting(queries, rows, labels, k: k, temperature: 1)
      let clear = expected.indices.filter { expected[$0].lead > 1e-9 || expected[$0].lead == 0 }
      #expect(clear.count > q / 2)
      #expect(clear.allSatisfy { actual[$0] == expected[$0].winner })
    }
  }

  @Test func invariances() throws {
    let train = clusters(900, spread: 4)
    let queries = clusters(200, spread: 4, seed: 2)
    let classifier = KNNClassifier(k: 7)
    let expected = try classifier.classify(queries.features, train: train)
    // The length of a vector does not matter.
    var random = RandomSource(seed: 3)
    let lengths = Tensor.uniform([900, 1], using: &random) * 100 + 0.5
    let scaled = LabeledFeatures(features: train.features * lengths, labels: train.labels)
    let small = queries.features * 1e-20
    #expect(try classifier.classify(small, train: scaled) == expected)
    // Nor does the order of rows or of dimensions.
    let shuffled = train.rows(random.permutation(900))
    #expect(try classifier.classify(queries.features, train: shuffled) == expected)
    let order = random.permutation(8)
    func reorder(_ x: Tensor) -> Tensor { x.transposed().gatherRows(order).transposed() }
    let reordered = LabeledFeatures(features: reorder(train.features), labels: train.labels)
    #expect(try classifier.classify(reorder(queries.features), train: reordered) == expected)
    let result = try classifier.evaluate(queries, train: train)
    let right = zip(expected, queries.labels).count { $0 == $1 }
    #expect(result.top1 == Double(right) / 200)
    #expect(result.top5 > result.top1)
    // With all rows voting each of the four classes has votes.
    #expect(try KNNClassifier(k: 900).evaluate(queries, train: train).top5 == 1)
  }

  @Test func moreNeighboursThanRows() throws {
    let train = LabeledFeatures(features: features([[1, 0], [0, 1]]), labels: [0, 1])
    let queries = LabeledFeatures(features: features([[1, 0.1]]), labels: [0])
    let result = try KNNClassifier(k: 20).evaluate(queries, train: train)
    #expect(result.k == 2 && result.top1 == 1 && result.trainCount == 2)
  }

  @Test func aClassNeverSeenIsAMissNotAHit() throws {
    let train = LabeledFeatures(features: features([[1, 0], [0, 1]]), labels: [1, 3])
    // Class 0 and 2 have no votes, 9 no column: none may count among the five.
    let queries = LabeledFeatures(
      features: features([[1, 0], [1, 0], [1, 0], [1, 0]]), labels: [0, 2, 9, 3])
    let result = try KNNClassifier().evaluate(queries, train: train)
    #expect(result.top1 == 0 && result.top5 == 0.25)
  }

  @Test func zeroVectorsAreEquallyFarFromAll() throws {
    let train = LabeledFeatures(
      features: features([[0, 0], [1, 0], [0, 1]]), labels: [2, 1, 0])
    #expect(try KNNClassifier(k: 1).classify(features([[0, 0]]), train: train) == [2])
    #expect(try KNNClassifier(k: 1).classify(features([[0, 1]]), train: train) == [0])
  }

  @Test func refusesNothingAndNaN() throws {
    let train = LabeledFeatures(features: features([[1, 0]]), labels: [0])
    let empty = LabeledFeatures(features: .zeros([0, 2]), labels: [])
    let bad = LabeledFeatures(features: features([[1, .nan]]), labels: [0])
    let classifier = KNNClassifier()
    #expect(throws: EvaluationError.empty("query features")) {
      try classifier.evaluate(empty, train: train)
    }
    #expect(throws: EvaluationError.empty("training features")) {
      try classifier.evaluate(train, train: empty)
    }
    #expect(throws: EvaluationError.notFinite("query features")) {
      try classifier.evaluate(bad, train: train)
    }
    #expect(throws: EvaluationError.notFinite("training features")) {
      try classifier.classify(train.features, train: bad)
    }
    #expect(try classifier.classify(.zeros([0, 2]), train: train).isEmpty)
  }
}
