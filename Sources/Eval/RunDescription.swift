/// What a file of figures is about.
public struct RunDescription: Sendable, Equatable, Codable {
  /// The run's folder, as it was given.
  public let folder: String
  /// The head's name.
  public let head: String
  /// Of the checkpoint.
  public let step: Int
  /// The same in epochs.
  public let epoch: Double
  /// The kind of data set, and where it has one its folder.
  public let dataSet: String

  public init(folder: String, head: String, step: Int, epoch: Double, dataSet: String) {
    self.folder = folder
    self.head = head
    self.step = step
    self.epoch = epoch
    self.dataSet = dataSet
  }

  enum CodingKeys: String, CodingKey {
    case folder, head, step, epoch
    case dataSet = "data_set"
  }
}
