import JEPATensor
import JEPATestSupport
import Testing

@Suite struct PatchesTests {
  @Test(arguments: DType.allCases)
  func agreesWithItsNaiveTwin(_ dtype: DType) {
    var random = RandomSource(seed: 1)
    for (shape, size) in [
      ([2, 3, 8, 12], 4), ([1, 1, 3, 5], 1), ([3, 2, 14, 7], 7), ([2, 3, 6, 6], 6),
      // What is left at the edges belongs to no patch.
      ([2, 3, 9, 14], 4), ([1, 2, 5, 3], 3),
    ] {
      let images = Tensor.roundedNormal(shape, using: &random)
      let count = shape[2] / size * (shape[3] / size)
      let rows = (0..<9).map { _ in (random.integer(below: shape[0]), random.integer(below: count))
      }
      let expected = Naive(images).patches(
        images: rows.map(\.0), patches: rows.map(\.1), size: size)
      let actual = images.cast(to: .float32).patches(
        images: rows.map { Int32($0.0) }, patches: rows.map { Int32($0.1) }, size: size,
        dtype: dtype)
      #expect(actual.dtype == dtype)
      expectClose(actual, expected.tensor, relative: 0)
      let none = images.cast(to: .float32).patches(
        images: [], patches: [], size: size, dtype: dtype)
      #expect(none.shape == [0, shape[1] * size * size])
    }
  }

  @Test func refusesWhatHasNoSuchPatch() async {
    await #expect(processExitsWith: .failure) {
      _ = Tensor.zeros([1, 3, 8, 3]).patches(images: [0], patches: [0], size: 4, dtype: .float32)
    }
    await #expect(processExitsWith: .failure) {
      _ = Tensor.zeros([1, 3, 8, 8]).patches(images: [0], patches: [4], size: 4, dtype: .float32)
    }
    await #expect(processExitsWith: .failure) {
      _ = Tensor.zeros([1, 3, 8, 8]).patches(images: [1], patches: [0], size: 4, dtype: .float32)
    }
  }
}
