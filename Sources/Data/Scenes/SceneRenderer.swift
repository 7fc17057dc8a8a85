import Foundation

/// Draws scenes, antialiased, at any size.
public struct SceneRenderer: Sendable {
  public let height: Int
  public let width: Int

  public init(height: Int, width: Int) {
    precondition(height > 0 && width > 0, "SceneRenderer: size \(height)x\(width)")
    self.height = height
    self.width = width
  }

  private var scale: Float { Float(min(height, width)) }

  public func callAsFunction(_ scene: Scene) -> Image {
    var canvas = [Scene.Color](repeating: .zero, count: height * width)
    return canvas.withUnsafeMutableBufferPointer { canvas in
      fill(canvas, scene.background)
      for figure in scene.clutter { draw(figure, on: canvas) }
      draw(scene.subject, on: canvas)
      for figure in scene.occluders { draw(figure, on: canvas) }
      return Image(width: width, height: height) { bytes in
        for y in 0..<height {
          for x in 0..<width {
            let p = position(x: x, y: y)
            let light = scene.light.level * (1 + (scene.light.slope * p).sum())
            let color = (canvas[y * width + x] * light)
              .clamped(lowerBound: .zero, upperBound: .one)
            let i = 3 * (y * width + x)
            let byte = SIMD3<UInt8>(truncatingIfNeeded: SIMD3<Int32>(color * 255 + 0.5))
            bytes[i] = byte.x
            bytes[i + 1] = byte.y
            bytes[i + 2] = byte.z
          }
        }
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
    let difference = background.colors[1] - background.colors[0]
    background.lattice.withUnsafeBufferPointer { lattice in
      for y in 0..<height {
        let top = rows.cells[y] * background.latticeSize
        let bottom = top + background.latticeSize
        for x in 0..<width {
          let left = columns.cells[x]
          let u = columns.fractions[x]
          let upper = lattice[top + left] + u * (lattice[top + left + 1] - lattice[top + left])
          let lower =
            lattice[bottom + left] + u * (lattice[bottom + left + 1] - lattice[bottom + left])
          let noise = upper + rows.fractions[y] * (lower - upper)
          let slope = (background.gradient * position(x: x, y: y)).sum()
          canvas[y * width + x] =
            background.colors[0] + max(0, min(1, noise + slope)) * difference
        }
      }
    }
  }

  private func draw(
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
