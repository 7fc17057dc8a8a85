import Foundation
import JEPATensor

/// Draws scenes, antialiased, at any size.
public struct SceneRenderer: Sendable {
  public let height: Int
  public let width: Int

  public init(height: Int, width: Int) {
    require(height > 0 && width > 0, "SceneRenderer: size \(height)x\(width)")
    self.height = height
    self.width = width
  }

  var scale: Float { Float(min(height, width)) }

  public func callAsFunction(_ scene: Scene) -> Image { self(scene) { _ in } }

  /// - Parameter foreground: Paints over the scene's figures before the light falls: [height, width].
  func callAsFunction(
    _ scene: Scene, foreground: (UnsafeMutableBufferPointer<Scene.Color>) -> Void
  ) -> Image {
    var canvas = [Scene.Color](repeating: .zero, count: height * width)
    return canvas.withUnsafeMutableBufferPointer { canvas in
      fill(canvas, scene.background)
      for figure in scene.clutter { draw(figure, on: canvas) }
      draw(scene.subject, on: canvas)
      for figure in scene.occluders { draw(figure, on: canvas) }
      foreground(canvas)
      return Image(width: width, height: height) { bytes in
        develop(UnsafePointer(canvas.baseAddress!), under: scene.light, into: bytes)
      }
    }
  }

  /// Lights the canvas and rounds it to bytes.
  private func develop(
    _ canvas: UnsafePointer<Scene.Color>, under light: Scene.Light,
    into bytes: UnsafeMutableBufferPointer<UInt8>
  ) {
    let step = 255 * light.level * light.slope / scale
    for y in 0..<height {
      var level = 255 * light.level * (1 + (light.slope * position(x: 0, y: y)).sum())
      for x in 0..<width {
        let i = y * width + x
        let value = (canvas[i] * level).clamped(
          lowerBound: .zero, upperBound: .init(repeating: 255))
        // The bits of 2^23 + value end in the nearest integer.
        let integers = unsafeBitCast(value + 0x1p23, to: SIMD3<UInt32>.self)
        bytes[3 * i] = UInt8(truncatingIfNeeded: integers.x)
        bytes[3 * i + 1] = UInt8(truncatingIfNeeded: integers.y)
        bytes[3 * i + 2] = UInt8(truncatingIfNeeded: integers.z)
        level += step.x
      }
    }
  }

  /// The share of each pixel that a figure covers, [height, width], each in 0 ... 1.
  public func coverage(of figure: Scene.Figure) -> [Float] {
    var shares = [Float](repeating: 0, count: height * width)
    visit(figure) { index, _, share in shares[index] = share }
    return shares
  }

  /// A pixel's centre, relative to the image's, in units of the shorter side.
  private func position(x: Int, y: Int) -> Scene.Point {
    [
      (Float(x) + 0.5 - Float(width) / 2) / scale, (Float(y) + 0.5 - Float(height) / 2) / scale,
    ]
  }

  private func fill(
    _ canvas: UnsafeMutableBufferPointer<Scene.Color>, _ background: Scene.Background
  ) {
    let columns = LatticeWeights(background.latticeSize, pixels: width)
    let rows = LatticeWeights(background.latticeSize, pixels: height)
    let first = background.colors[0]
    let difference = background.colors[1] - first
    background.lattice.withUnsafeBufferPointer { lattice in
      for y in 0..<height {
        let top = rows.cells[y] * background.latticeSize
        let bottom = top + background.latticeSize
        let gradient = (background.gradient * position(x: 0, y: y)).sum()
        let step = background.gradient.x / scale
        for x in 0..<width {
          let left = columns.cells[x]
          let u = columns.fractions[x]
          let upper = lattice[top + left] + u * (lattice[top + left + 1] - lattice[top + left])
          let lower =
            lattice[bottom + left] + u * (lattice[bottom + left + 1] - lattice[bottom + left])
          let noise = upper + rows.fractions[y] * (lower - upper)
          let mixture = noise + gradient + Float(x) * step
          canvas[y * width + x] = first + max(0, min(1, mixture)) * difference
        }
      }
    }
  }

  func draw(
    _ figure: Scene.Figure, on canvas: UnsafeMutableBufferPointer<Scene.Color>
  ) {
    let first = figure.colors[0]
    guard let texture = figure.texture, figure.colors.count > 1 else {
      visit(figure) { i, _, share in canvas[i] += share * (first - canvas[i]) }
      return
    }
    let difference = figure.colors[1] - first
    let rotation = Rotation(figure.textureAngle)
    let toPeriods = figure.radius / figure.period
    let blur = 1 / (scale * figure.period)
    visit(figure) { i, p, share in
      let t = rotation(p) * toPeriods + figure.phase
      let color = first + texture.share(t, blur: blur) * difference
      canvas[i] += share * (color - canvas[i])
    }
  }

  /// Calls `body` with each pixel that the figure covers: its index, its position in the figure's
  /// own coordinates (in which the radius is 1) and the share covered.
  @inline(__always)
  private func visit(_ figure: Scene.Figure, _ body: (Int, Scene.Point, Float) -> Void) {
    let radius = figure.radius * scale
    let x0 = figure.center.x * scale + Float(width) / 2
    let y0 = figure.center.y * scale + Float(height) / 2
    let rows = max(0, Int(y0 - radius - 1))..<max(0, min(height, Int(y0 + radius + 2)))
    let columns = max(0, Int(x0 - radius - 1))..<max(0, min(width, Int(x0 + radius + 2)))
    let rotation = Rotation(-figure.angle)
    for y in rows {
      for x in columns {
        let p = rotation([Float(x) + 0.5 - x0, Float(y) + 0.5 - y0]) / radius
        let share = 0.5 - figure.shape.signedDistance(p) * radius
        if share > 0 { body(y * width + x, p, min(1, share)) }
      }
    }
  }
}

private struct Rotation {
  let cosine: Float
  let sine: Float

  init(_ angle: Float) {
    cosine = cos(angle)
    sine = sin(angle)
  }

  func callAsFunction(_ p: Scene.Point) -> Scene.Point {
    [cosine * p.x - sine * p.y, sine * p.x + cosine * p.y]
  }
}

/// For each pixel of a side, its cell of the lattice and its smoothed place within it.
private struct LatticeWeights {
  var cells: [Int] = []
  var fractions: [Float] = []

  init(_ size: Int, pixels: Int) {
    for x in 0..<pixels {
      let t = (Float(x) + 0.5) / Float(pixels) * Float(size - 1)
      let cell = min(Int(t), size - 2)
      let f = t - Float(cell)
      cells.append(cell)
      fractions.append(f * f * (3 - 2 * f))
    }
  }
}
