import JEPATensor

/// How a head is fitted to the rows of a table (`DensityFit`).
///
/// The defaults suit tables of a thousand to a hundred thousand rows in units of their standard
/// deviation.
public struct DensityFitSettings: Sendable, Equatable {
  /// The most passes over the training rows; the learning rate falls over all of them.
  public var epochs = 200
  /// Rows a step. An epoch's rows are spread evenly over its steps, so batches may be a little smaller.
  public var batchSize = 128
  /// The highest learning rate of AdamW.
  public var learningRate = 2e-3
  /// The learning rate at the end of the cosine.
  public var finalLearningRate = 0.0
  /// Epochs over which the learning rate rises linearly from 0; may be a fraction.
  public var warmUpEpochs = 1.0
  /// Decoupled weight decay, on matrices only.
  public var weightDecay = 0.01
  /// The standard deviation of the Gaussian noise added to every training target anew in each epoch,
  /// in the targets' units: a smoothing of the data (Bishop 1995, "Training with noise is equivalent
  /// to Tikhonov regularization").
  public var noise = 0.0
  /// Epochs without a better validation value after which training stops; 0 for none.
  public var patience = 0
  /// The largest norm of the gradient over all parameters; longer ones are shortened to it. 0 for no
  /// limit.
  public var gradientClip = 5.0
  /// The momentum of an exponential moving average of the weights, which is then what is validated
  /// and returned; 0 for none.
  public var averaging = 0.0

  public init(
    epochs: Int = 200, batchSize: Int = 128, learningRate: Double = 2e-3,
    finalLearningRate: Double = 0, warmUpEpochs: Double = 1, weightDecay: Double = 0.01,
    noise: Double = 0, patience: Int = 0, gradientClip: Double = 5, averaging: Double = 0
  ) {
    self.epochs = epochs
    self.batchSize = batchSize
    self.learningRate = learningRate
    self.finalLearningRate = finalLearningRate
    self.warmUpEpochs = warmUpEpochs
    self.weightDecay = weightDecay
    self.noise = noise
    self.patience = patience
    self.gradientClip = gradientClip
    self.averaging = averaging
  }

  /// Refuses settings that no training can have: a programmer's error here.
  package func check() {
    require(epochs >= 1, "DensityFitSettings: epochs is \(epochs), not at least 1")
    require(batchSize >= 1, "DensityFitSettings: batchSize is \(batchSize), not at least 1")
    require(
      learningRate > 0 && finalLearningRate >= 0 && warmUpEpochs >= 0,
      "DensityFitSettings: learningRate \(learningRate), finalLearningRate \(finalLearningRate) and "
        + "warmUpEpochs \(warmUpEpochs) must not be negative, the first not 0")
    require(
      weightDecay >= 0 && noise >= 0 && patience >= 0 && gradientClip >= 0,
      "DensityFitSettings: weightDecay \(weightDecay), noise \(noise), patience \(patience) and "
        + "gradientClip \(gradientClip) must not be negative")
    require(
      averaging >= 0 && averaging < 1,
      "DensityFitSettings: averaging is \(averaging), not at least 0 and below 1")
  }
}
