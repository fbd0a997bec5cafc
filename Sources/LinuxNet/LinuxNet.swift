// LinuxNet
