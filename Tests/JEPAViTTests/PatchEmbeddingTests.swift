import JEPATensor
import JEPAViT
import JEPATestSupport
import Testing

@Suite struct PatchEmbeddingTests {
  /// A convolution whose stride is its kernel, as nested loops.
  @Test(arguments: [(4, 2, 3), (7, 2, 1), (14, 1, 2), (16, 1, 1)])
  func agreesWithConvolution(_ size: Int, _ rows: Int, _ columns: Int) {
    let encoder = VisionTransformer.scrambled(
      .small(height: rows * size, width: columns * size, patchSize: size, depth: 1))
    let batch = images(2, height: rows * size, width: columns * size)
    let weight = Naive(encoder.patchEmbedding.proj.weight)
    let bias = encoder.patchEmbedding.proj.bias.doubles()
    let pixels = Naive(batch)
    let expected = Naive(shape: [2 * rows * columns, 16]) { index in
      let (image, patch) = (index[0] / (rows * columns), index[0] % (rows * columns))
      var sum = bias[index[1]]
      for c in 0..<3 {
        for y in 0..<size {
          for x in 0..<size {
            sum +=
              weight[[index[1], c, y, x]]
              * pixels[[image, c, patch / columns * size + y, patch % columns * size + x]]
          }
        }
      }
      return sum
    }
    let all = PatchSequences.all(imageCount: 2, patchCount: rows * columns)
    expectClose(
      encoder.patchEmbedding(batch, all), expected.tensor, absolute: 1e-12, relative: 1e-12)
  }

  /// Chosen patches are the rows of all patches, in the order asked for.
  @Test func embedsOnlyWhatIsAskedFor() {
    let encoder = VisionTransformer.scrambled()
    let batch = images(3)
    let all = encoder.patchEmbedding(batch, .all(imageCount: 3, patchCount: 16))
    let some = PatchSequences([(2, [15, 3]), (0, []), (1, [0]), (2, [3])])
    #expect(some.offsets == [0, 2, 2, 3, 4])
    expectSameBits(
      encoder.patchEmbedding(batch, some),
      all.gatherRows([2 * 16 + 15, 2 * 16 + 3, 16, 2 * 16 + 3])
    )
  }

  @Test func sequencesOfAllPatches() {
    let all = PatchSequences.all(imageCount: 2, patchCount: 3)
    #expect(all.images == [0, 0, 0, 1, 1, 1])
    #expect(all.patches == [0, 1, 2, 0, 1, 2])
    #expect(all.offsets == [0, 3, 6])
    let none = PatchSequences.all(imageCount: 0, patchCount: 3)
    #expect(none.offsets == [0] && none.patches.isEmpty)
  }
}
