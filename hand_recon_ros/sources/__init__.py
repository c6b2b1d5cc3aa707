"""Where frames come from outside ROS: picture files, videos, webcams, and the intrinsics that go with them."""
