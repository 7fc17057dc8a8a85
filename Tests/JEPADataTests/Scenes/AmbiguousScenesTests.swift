import Foundation
import JEPAData
import JEPATensor
import Testing

@Suite struct AmbiguousScenesTests {
  typealias Settings = AmbiguousScenes.Settings

  /// Sizes, grids and regions that differ in everything.
  static let kinds: [(size: Int, settings: Settings)] = [
    (64, Settings()),
    (32, Settings(ambiguous: 1, skew: 0)),
    (96, Settings(ambiguous: 0.5, modes: 6, skew: 1.5, grid: 6, region: 2, variation: 1)),
    (40, Settings(ambiguous: 1, modes: 2, grid: 5, region: 4, variation: 0)),
  ]

  @Test func dependOnSeedSplitAndIndexAlone() {
    let scenes = AmbiguousScenes(count: 50, seed: 4)
    let again = AmbiguousScenes(count: 5000, seed: 4)
    for index in [0, 7, 49] {
      #expect(scenes.scene(at: index) == again.scene(at: index))
      #expect(scenes.image(at: index) == again.image(at: index))
    }
    let others = [
      AmbiguousScenes(count: 50, seed: 5), AmbiguousScenes(count: 50, seed: 4, split: .validation),
    ]
    for other in others {
      for index in 0..<10 { #expect(scenes.image(at: index) != other.image(at: index)) }
    }
    #expect(Set((0..<50).map { scenes.image(at: $0).pixels }).count == 50)
  }

  @Test func probabilitiesAndEntropyByHand() {
    let poles = (1...4).map { AmbiguousScene.Pole(color: .green, rings: $0) }
    for pole in poles {
      #expect(abs(pole.probabilities(skew: 0.7).reduce(0, +) - 1) < 1e-15)
      #expect(
        pole.probabilities(skew: 0) == Array(repeating: 1 / Double(pole.rings), count: pole.rings))
    }
    // exp(-log 2 r): 1, 1/2, 1/4 over 7/4.
    let p = poles[2].probabilities(skew: log(2))
    for (value, expected) in zip(p, [4.0 / 7, 2.0 / 7, 1.0 / 7]) {
      #expect(abs(value - expected) < 1e-15)
    }
    // log 7 - (4 log 4 + 2 log 2) / 7 = log 7 - 10/7 log 2.
    let scenes = AmbiguousScenes(count: 200, settings: Settings(skew: log(2)))
    let byRings = Dictionary(grouping: (0..<200).map { scenes.scene(at: $0) }, by: \.pole.rings)
    #expect(byRings.keys.sorted() == [1, 2, 3, 4])
    for scene in byRings[3] ?? [] {
      #expect(abs(scene.entropy - (log(7) - 10 / 7 * log(2))) < 1e-14)
    }
    for scene in byRings[1] ?? [] { #expect(scene.entropy == 0 && !scene.isAmbiguous) }
    let even = AmbiguousScenes(count: 50, settings: Settings(ambiguous: 1, modes: 6, skew: 0))
    for index in 0..<50 {
      let scene = even.scene(at: index)
      #expect(abs(scene.entropy - log(Double(scene.completions.count))) < 1e-14)
    }
  }

  /// What the pole tells: as many flags as rings, beginning where the colour says.
  @Test func polesNameTheirFlags() {
    let names = AmbiguousScene.Pole.Color.allCases.map { color in
      AmbiguousScene.Pole(color: color, rings: 4).flags.map(\.description)
    }
    #expect(
      names == [
        ["red-roundel", "blue-checks", "red-cross", "blue-stripes"],
        ["blue-stripes", "blue-roundel", "red-checks", "blue-cross"],
        ["blue-cross", "red-stripes", "red-roundel", "blue-checks"],
      ])
    #expect(Set(AmbiguousScene.Flag.cycle).count == 8)
  }

  /// Pearson's statistic of the flags drawn, for every kind of pole. Each is below the quantile at
  /// 0.9999 of the χ² distribution with that many degrees of freedom.
  @Test func drawnFollowsTheProbabilities() {
    let quantiles = [15.14, 18.42, 21.11]
    let scenes = AmbiguousScenes(count: 20_000, seed: 1)
    var counts: [AmbiguousScene.Pole: [Int]] = [:]
    for index in 0..<scenes.count {
      let scene = scenes.scene(at: index)
      counts[scene.pole, default: Array(repeating: 0, count: scene.pole.rings)][scene.drawn] += 1
    }
    #expect(counts.count == 12)
    for (pole, drawn) in counts where pole.rings > 1 {
      let total = Double(drawn.reduce(0, +))
      let statistic = zip(drawn, pole.probabilities(skew: 0.5)).reduce(0) { sum, pair in
        let expected = total * pair.1
        return sum + (Double(pair.0) - expected) * (Double(pair.0) - expected) / expected
      }
      #expect(total > 1000 && statistic < quantiles[pole.rings - 2], "\(pole.name): \(drawn)")
    }
  }

  /// The share of ambiguous scenes is within four standard errors; colours and numbers of rings are
  /// uniform.
  @Test(arguments: [0, 0.3, 0.75, 1]) func fractionOfAmbiguousScenes(_ fraction: Double) {
    let count = 5000
    let scenes = AmbiguousScenes(count: count, settings: Settings(ambiguous: fraction))
    let labels = scenes.labels
    let rings = labels.map { $0 % 4 + 1 }
    func isNear(_ number: Int, _ p: Double) -> Bool {
      abs(Double(number) - p * Double(count)) <= 4 * (Double(count) * p * (1 - p)).squareRoot()
    }
    #expect(isNear(rings.count { $0 > 1 }, fraction))
    for number in 2...4 { #expect(isNear(rings.count { $0 == number }, fraction / 3)) }
    for color in 0..<3 { #expect(isNear(labels.count { $0 / 4 == color }, 1.0 / 3)) }
  }

  @Test func labelsAreKindsOfPole() {
    let scenes = AmbiguousScenes(count: 60, seed: 2)
    #expect(scenes.classNames.count == 12 && scenes.classNames[6] == "green-3")
    for index in 0..<60 {
      let scene = scenes.scene(at: index)
      #expect(scenes.classNames[scenes.label(at: index)] == scene.pole.name)
      #expect(scene.completions.count == scene.pole.rings)
      #expect(scene.image == scene.image(completion: scene.drawn))
      #expect(scenes.region(at: index) == scene.region)
    }
  }

  /// Outside the region all completions are the same, pixel for pixel; inside, they differ, and the
  /// region is whole patches.
  @Test(arguments: kinds) func completionsDifferInTheRegionAlone(_ size: Int, _ settings: Settings)
  {
    let scenes = AmbiguousScenes(count: 40, seed: 3, size: size, settings: settings)
    let cell = size / settings.grid
    for index in 0..<scenes.count {
      let scene = scenes.scene(at: index)
      let images = scene.completions.indices.map { scene.image(completion: $0) }
      let hidden = Set(scene.hiddenPatches(rows: settings.grid, columns: settings.grid))
      #expect(hidden.count == settings.region * settings.region)
      var changed: Set<Int> = []
      for y in 0..<size {
        for x in 0..<size {
          let colors = Set(images.map { [$0[x, y].red, $0[x, y].green, $0[x, y].blue] })
          let patch = y / cell * settings.grid + x / cell
          #expect(scene.region.contains(x: x, y: y) == hidden.contains(patch))
          if colors.count > 1 { changed.insert(patch) }
        }
      }
      #expect(changed == (scene.isAmbiguous ? hidden : []))
    }
  }

  /// Any two flags differ in each of the region's nine patches, by a mean of more than 20 of 255 a
  /// channel: every hidden patch is informative.
  @Test func flagsDifferInEveryPatch() {
    let settings = Settings(ambiguous: 1, modes: 6)
    let scenes = AmbiguousScenes(count: 60, seed: 8, settings: settings)
    var pairs: Set<Set<AmbiguousScene.Flag>> = []
    var least = Double.infinity
    for index in 0..<scenes.count {
      let scene = scenes.scene(at: index)
      let images = scene.completions.indices.map { scene.image(completion: $0) }
      for a in images.indices {
        for b in 0..<a {
          pairs.insert([scene.completions[a], scene.completions[b]])
          for patch in scene.hiddenPatches(rows: 8, columns: 8) {
            least = min(least, meanDifference(images[a], images[b], patch: patch))
          }
        }
      }
    }
    #expect(pairs.count == 28)
    #expect(least > 20, "\(least)")
  }

  private func meanDifference(_ a: Image, _ b: Image, patch: Int) -> Double {
    var sum = 0
    for y in patch / 8 * 8..<patch / 8 * 8 + 8 {
      for x in patch % 8 * 8..<patch % 8 * 8 + 8 {
        let (p, q) = (a[x, y], b[x, y])
        sum += abs(Int(p.red) - Int(q.red)) + abs(Int(p.green) - Int(q.green))
        sum += abs(Int(p.blue) - Int(q.blue))
      }
    }
    return Double(sum) / 192
  }

  /// The visible part does not depend on the settings that only the flag follows.
  @Test func visiblePartIsDrawnWithoutTheFlag() {
    let even = AmbiguousScenes(count: 60, settings: Settings(skew: 0))
    let skewed = AmbiguousScenes(count: 60, settings: Settings(skew: 3))
    var differing = 0
    for index in 0..<60 {
      let (a, b) = (even.scene(at: index), skewed.scene(at: index))
      #expect(a.backdrop == b.backdrop && a.pole == b.pole && a.region == b.region)
      #expect(a.image(completion: 0) == b.image(completion: 0))
      if a.drawn != b.drawn { differing += 1 }
    }
    #expect(differing > 5)
  }

  /// The pole stands beside the flag, on either side, and flags are everywhere.
  @Test func placesVary() {
    let scenes = AmbiguousScenes(count: 3000)
    let places = (0..<3000).map { scenes.region(at: $0) }
    #expect(Set(places.map { $0.x / 8 }) == Set(0...5))
    #expect(Set(places.map { $0.y / 8 }) == Set(0...5))
    #expect(places.allSatisfy { $0.x % 8 == 0 && $0.y % 8 == 0 && $0.width == 24 })
    #expect(Set(places).count == 36)
  }

  /// JPEG's blocks of 8 × 8 pixels at full colour keep to themselves: what is visible stays the same
  /// in every completion after encoding too.
  @Test func jpegLeavesNoTrace() throws {
    let scenes = AmbiguousScenes(count: 12, settings: Settings(ambiguous: 1))
    func visiblePixelsDiffer(_ chroma: JPEGFile.Chroma) throws -> Bool {
      var differ = false
      for index in 0..<12 {
        let scene = scenes.scene(at: index)
        let decoded = try scene.completions.indices.map {
          try JPEGFile.decode(
            JPEGFile.encode(scene.image(completion: $0), chroma: chroma), name: "memory")
        }
        for y in 0..<64 {
          for x in 0..<64 where !scene.region.contains(x: x, y: y) {
            if decoded.contains(where: { $0[x, y] != decoded[0][x, y] }) { differ = true }
          }
        }
      }
      return differ
    }
    #expect(try !visiblePixelsDiffer(.full))
    #expect(try visiblePixelsDiffer(.halved))
  }

  @Test func settingsThatCannotBeDrawnAreNamed() {
    func problem(_ size: Int = 64, _ change: (inout Settings) -> Void) -> String? {
      var settings = Settings()
      change(&settings)
      return settings.problem(size: size).map { "\($0.setting) \($0.reason)" }
    }
    for (size, settings) in Self.kinds { #expect(settings.problem(size: size) == nil) }
    #expect(problem { $0.ambiguous = 1.5 } == "ambiguous is 1.5, outside 0 ... 1")
    #expect(problem { $0.modes = 7 } == "modes is 7, outside 2 ... 6")
    #expect(problem { $0.skew = -1 } == "skew is -1.0; use at least 0")
    #expect(problem { $0.skew = .nan } == "skew is nan; use at least 0")
    #expect(problem { $0.variation = 2 } == "variation is 2.0, outside 0 ... 1")
    #expect(
      problem { $0.grid = 7 }
        == "grid is 7; use at least 2 cells, and a number that divides the 64 pixels")
    #expect(
      problem { $0.region = 8 }
        == "region is 8, but a flag and its pole must fit the 8×8 grid; use 1 to 7")
    #expect(
      problem(32) { $0.modes = 5 }
        == "modes is 5, whose rings cannot be told apart beside a flag of 12 pixels; use fewer, a "
        + "larger region, or larger images")
  }
}

@Suite struct ImageRegionTests {
  @Test func patchesOfAnyGrid() {
    let region = ImageRegion(x: 8, y: 16, width: 24, height: 16, imageWidth: 64, imageHeight: 48)
    #expect(region.patches(rows: 6, columns: 8) == [17, 18, 19, 25, 26, 27])
    // Coarser: whatever holds a pixel of it.
    #expect(region.patches(rows: 3, columns: 4) == [4, 5])
    #expect(region.patches(rows: 3, columns: 8) == [9, 10, 11])
    #expect(region.patches(rows: 1, columns: 1) == [0])
    #expect(region.patches(rows: 48, columns: 64).count == 24 * 16)
  }
}
